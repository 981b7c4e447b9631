"""MP4, QuickTime and 3GP: the ISO base media file format (ISO/IEC 14496-12) and Apple's."""
