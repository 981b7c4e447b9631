// What a notebook's channel needs that Panel's does not do; served pages have none and pass this over.
const manager = window.Bokeh?.Models?.["panel.models.comm_manager.CommManager"]?.prototype;
if (manager && !manager.isWhole) {
  manager.isWhole = true;
  // A change comes as several messages, and those that come before a view is there are passed over one by
  // one. Where the view begins to listen in the middle of a change, everything after would be taken for
  // something else and be lost: so each first message begins anew.
  const handle = manager.msg_handler;
  manager.msg_handler = function (message) {
    const text = message.content.data;
    if (typeof text === "string" && text.startsWith('{"msgid"')) this._receiver = new this._receiver.constructor();
    return handle.call(this, message);
  };
  // What the kernel has told is not told back to it: it would come late, and be taken for what somebody did.
  const changed = manager._document_changed;
  manager._document_changed = function (event) {
    if (event.sync !== false) changed.call(this, event);
  };
}
