// A change comes to a notebook as several messages, and those that come before a view is there are passed
// over one by one. Where the view begins to listen in the middle of a change, everything after would be
// taken for something else and be lost: so each first message begins anew.
const manager = window.Bokeh?.Models?.["panel.models.comm_manager.CommManager"]?.prototype;
if (manager && !manager.msg_handler.isWhole) {
  const handle = manager.msg_handler;
  manager.msg_handler = function (message) {
    const text = message.content.data;
    if (typeof text === "string" && text.startsWith('{"msgid"')) this._receiver = new this._receiver.constructor();
    return handle.call(this, message);
  };
  manager.msg_handler.isWhole = true;
}
