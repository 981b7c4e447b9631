"""Where we and FFprobe 5.1 say different things of the real files, and who is right and why."""

from __future__ import annotations

NO_NAME = "FFmpeg 5.1 had no name for the codec yet; the tag says what it is"
NO_DECODER = "FFmpeg has no decoder for the tag and gives no name; the tag says what it is"
EDITED = (
    "since FFmpeg 8 the film is as long as its edit list plays; 5.1 took the movie header's word"
)
BROKEN = "the tracks' headers are broken; 5.1 took the duration from the header that is not"
FRAGMENTED = "FFmpeg 5.1 misread the fragments: forty hours for one second"

#: Why we say something else than ffprobe 5.1: (file, field).
DIFFERENCES: dict[str, list[tuple[str, str]]] = {
    "the picture is mirrored: FFmpeg's angle is of a matrix that only turns": [
        ("sample_rotate_and_reflect.mp4", "0.rotation"),
    ],
    "5.1 counts the sound that an encoder puts before the beginning": [
        ("bear-opus.mka", "0.start"),
        ("sample_with_chapters.mkv", "1.start"),
    ],
    "FFmpeg 5.1 divided by a time that ends with the last fragment's start": [
        ("sample_fragmented_seekable.mp4", "0.bitrate"),
    ],
    "FFmpeg 5.1 had no decoder, and no name, for the codec yet": [
        ("sample_vvc.mp4", "0.codec"),
        ("sample_vvc.mp4", "0.has_b_frames"),
        ("sample_vvc.mp4", "0.pix_fmt"),
    ],
    "FFmpeg 5.1 misread the fragments: forty hours for one second": [
        ("sample_fragmented.mp4", "0.bitrate"),
        ("sample_fragmented.mp4", "0.duration"),
        ("sample_fragmented.mp4", "1.bitrate"),
        ("sample_fragmented.mp4", "1.duration"),
        ("sample_fragmented.mp4", "bitrate"),
        ("sample_fragmented.mp4", "duration"),
    ],
    "FFmpeg has no decoder for the tag and gives no name; the tag says what it is": [
        ("sample.text.mp4", "0.codec"),
        ("video_dovi_3840x2160_30fps_dav1_10.mp4", "0.codec"),
    ],
    "VP8 has no profiles; 5.1 gives its bitstream's version as one": [
        ("fixture-null.webm", "0.profile"),
        ("fixture.webm", "0.profile"),
        ("testWEBM.webm", "0.profile"),
        ("webm.webm", "0.profile"),
    ],
    "a rate of one frame a tick is the step of the clock, not the film's rate": [
        ("sample_with_htc_rotation_track_name.mkv", "0.fps"),
        ("sample_with_srt.mkv", "0.fps"),
        ("sample_with_ssa_subtitles.mkv", "0.fps"),
        ("sample_with_vtt_subtitles.mkv", "0.fps"),
        ("subsample_encrypted_altref.webm", "0.fps"),
        ("webm.webm", "0.fps"),
        ("WindowsMediaVideo.wmv", "0.fps"),
        ("fixture.wmv.asf", "0.fps"),
        ("sample.flv", "0.fps"),
        ("sample_empty_track.mp4", "1.fps"),
    ],
    "frames do not come as often as DefaultDuration says: their blocks tell": [
        ("fixture-null.webm", "0.fps"),
        ("sample_with_vobsub.mkv", "0.fps"),
    ],
    "a rate of television or cinema, rounded to ticks of a six-hundredth of a second": [
        ("portrait.MOV", "1.fps"),
        ("sideways movie.mov", "0.fps"),
    ],
    "chunks without bytes are no frames: a codec held some back": [
        ("sample-with-large-length.avi", "0.frames"),
        ("sample.avi", "0.frames"),
    ],
    "libav counts fragments that start late from 0": [
        ("sample_fragmented_seekable.mp4", "0.duration"),
    ],
    "captions make no film longer": [
        ("sample_with_pgs_subtitles.mkv", "bitrate"),
        ("sample_with_pgs_subtitles.mkv", "duration"),
        ("sample_with_srt.mkv", "bitrate"),
        ("sample_with_srt.mkv", "duration"),
        ("sample_with_vobsub.mkv", "bitrate"),
        ("sample_with_vobsub.mkv", "duration"),
        ("sample_with_vtt_subtitles.mkv", "bitrate"),
        ("sample_with_vtt_subtitles.mkv", "duration"),
    ],
    "the first picture's own block says when it is shown": [
        ("fixture.mkv", "0.start"),
    ],
    "a second of MPEG-1 cut to one picture: the two versions guess its length differently": [
        ("fixture.ps.mpg", "0.duration"),
        ("fixture.ps.mpg", "bitrate"),
        ("fixture.ps.mpg", "duration"),
    ],
    "bytes that are no text are shown as their numbers, not lost": [
        ("video_desks.3gp", "tags"),
    ],
    "ffprobe gives each track the length of the whole file; no track says its own": [
        ("fixture.mkv", "0.duration"),
    ],
    "four bits of ADPCM are what is stored, not what a sample has": [
        ("fixture.avi", "1.bit_depth"),
    ],
    "it is in the first picture's own messages, where ffprobe does not look": [
        ("hdr10-video-with-sdr-container.mp4", "0.max_cll"),
        ("hdr10-video-with-sdr-container.mp4", "0.max_fall"),
    ],
    "newer FFmpeg ends the last chapter with the film, to the microsecond": [
        ("sample_with_nero_chapters_only.mp4", "chapters"),
    ],
    "newer FFmpeg reads it from the sequence extension": [
        ("fixture.mpg", "0.field_order"),
    ],
    "newer FFmpeg reads the sample aspect from the sequence header": [
        ("long_180p_av1.mp4", "0.sar"),
    ],
    "newer FFmpeg says of a PNG that it is RGB": [
        ("testMP4_twoCovers.m4a", "1.color_space"),
    ],
    "newer FFmpeg sees that the sound has objects": [
        ("sample_eac3joc.mp4", "0.profile"),
    ],
    "no length is no length, not zero seconds": [
        ("AudioVideoInterleave.avi", "0.duration"),
        ("WindowsMediaVideo.wmv", "0.duration"),
        ("init.mp4", "0.duration"),
        ("init.mp4", "1.bitrate"),
        ("init.mp4", "1.duration"),
    ],
    "nothing was decoded, so nothing is known of the order: not even that it is plain": [
        ("AudioVideoInterleave.avi", "0.has_b_frames"),
        ("invalid-bitstream.webm", "0.has_b_frames"),
        ("subsample_encrypted_altref.webm", "0.has_b_frames"),
        ("video_dovi_3840x2160_30fps_dav1_10.mp4", "0.has_b_frames"),
    ],
    "since FFmpeg 8 the film is as long as its edit list plays, and its bit rate follows": [
        ("bbb_800x640_768kbps_30fps_avc_2b_firstpts_10_sec.mp4", "bitrate"),
        ("bbb_800x640_768kbps_30fps_avc_2b_firstpts_10_sec.mp4", "duration"),
        ("bt601.mov", "bitrate"),
        ("bt601.mov", "duration"),
        ("edit_list_positive_shift.mp4", "bitrate"),
        ("max-heromode.mp4", "3.duration"),
        ("max-heromode.mp4", "4.duration"),
        ("max-heromode.mp4", "bitrate"),
        ("max-heromode.mp4", "duration"),
        ("mp4-with-audio.mp4", "bitrate"),
        ("nasa_13013.mp4", "bitrate"),
        ("nasa_13013.mp4", "duration"),
        ("preroll-5s.mp4", "bitrate"),
        ("preroll-5s.mp4", "duration"),
        ("sample.3gp", "bitrate"),
        ("sample.mp4", "bitrate"),
        ("sample.mp4", "duration"),
        ("sample_android_slow_motion.mp4", "bitrate"),
        ("sample_av1.mp4", "bitrate"),
        ("sample_mdat_too_long.mp4", "bitrate"),
        ("sample_mdat_too_long.mp4", "duration"),
        ("sample_missing_stsd.mp4", "bitrate"),
        ("sample_missing_stsd.mp4", "duration"),
        ("sample_opus.mp4", "bitrate"),
        ("sample_opus.mp4", "duration"),
        ("sample_rotate_and_reflect.mp4", "bitrate"),
        ("sample_rotate_and_reflect.mp4", "duration"),
        ("sample_with_metadata.mp4", "bitrate"),
        ("sample_with_metadata.mp4", "duration"),
        ("sideways movie.mov", "0.bitrate"),
        ("sideways movie.mov", "1.bitrate"),
        ("video_desks.3gp", "bitrate"),
        ("video_desks.3gp", "duration"),
    ],
    "the bit rate of a Matroska track is in its tags, which ffprobe leaves there": [
        ("full_blocks.mkv", "0.bitrate"),
        ("sample_with_pgs_subtitles.mkv", "0.bitrate"),
        ("sample_with_pgs_subtitles.mkv", "2.bitrate"),
        ("sample_with_vtt_subtitles.mkv", "0.bitrate"),
        ("sample_with_vtt_subtitles.mkv", "2.bitrate"),
    ],
    "the start of a stream, without any of its media, has no bit rate": [
        ("init.mp4", "1.bitrate"),
    ],
    "headers tell what FFmpeg only knows when it has decoded some": [
        ("init.mp4", "1.profile"),
        ("large_stbl_truncated_after_moov.m4b", "0.profile"),
        ("sample_empty_track.mp4", "1.field_order"),
        ("sample_empty_track.mp4", "1.level"),
        ("sample_empty_track.mp4", "1.pix_fmt"),
        ("sample_empty_track.mp4", "1.profile"),
        ("sample_with_vtt_subtitles.mkv", "2.codec"),
    ],
    "the first block is stamped so; FFmpeg moves it while it waits for the order of pictures": [
        ("fixture.mkv", "0.start"),
    ],
    "the container and the stream contradict each other; each version believes another": [
        ("h265_with_metadata_track.mp4", "2.color_space"),
        ("h265_with_metadata_track.mp4", "2.color_transfer"),
    ],
    "the container says limited and the stream full; newer FFmpeg believes the container": [
        ("max-heromode.mp4", "0.color_range"),
    ],
    "the index of a file in fragments counts only what came before them": [
        ("sample_partially_fragmented.mp4", "0.frames"),
        ("sample_partially_fragmented.mp4", "1.frames"),
    ],
    "the length of a Matroska track is in its tags, which ffprobe leaves there": [
        ("av1_video.mkv", "0.duration"),
        ("bear-alac.mka", "0.duration"),
        ("sample_av1.mkv", "0.duration"),
        ("sample_with_chapters.mkv", "0.duration"),
        ("sample_with_chapters.mkv", "1.duration"),
        ("sample_with_htc_rotation_track_name.mkv", "0.duration"),
        ("sample_with_htc_rotation_track_name.mkv", "1.duration"),
        ("sample_with_pgs_subtitles.mkv", "0.duration"),
        ("sample_with_pgs_subtitles.mkv", "1.duration"),
        ("sample_with_pgs_subtitles.mkv", "2.duration"),
        ("sample_with_srt.mkv", "0.duration"),
        ("sample_with_srt.mkv", "1.duration"),
        ("sample_with_srt.mkv", "2.duration"),
        ("sample_with_vobsub.mkv", "0.duration"),
        ("sample_with_vobsub.mkv", "1.duration"),
        ("sample_with_vobsub.mkv", "2.duration"),
        ("sample_with_vtt_subtitles.mkv", "0.duration"),
        ("sample_with_vtt_subtitles.mkv", "1.duration"),
        ("sample_with_vtt_subtitles.mkv", "2.duration"),
    ],
    "the track is in fragments: what its index lists is nothing": [
        ("sample.text.mp4", "0.bitrate"),
    ],
    "the tracks say eleven microseconds and mean nothing; their film says how long it is": [
        ("testMP4_QuickTimeMetadata.mov", "0.bitrate"),
        ("testMP4_QuickTimeMetadata.mov", "0.duration"),
        ("testMP4_QuickTimeMetadata.mov", "1.bitrate"),
        ("testMP4_QuickTimeMetadata.mov", "1.duration"),
        ("testMP4_QuickTimeMetadata.mov", "2.bitrate"),
        ("testMP4_QuickTimeMetadata.mov", "2.duration"),
        ("testMP4_QuickTimeMetadata.mov", "3.bitrate"),
        ("testMP4_QuickTimeMetadata.mov", "3.duration"),
        ("testMP4_StillImageTimeZero.mov", "0.bitrate"),
        ("testMP4_StillImageTimeZero.mov", "0.duration"),
        ("testMP4_StillImageTimeZero.mov", "1.bitrate"),
        ("testMP4_StillImageTimeZero.mov", "1.duration"),
    ],
    "when captions begin is known only as far as a reader happens to read": [
        ("nasa_13013.mp4", "2.start"),
        ("nasa_13013.mp4", "5.start"),
        ("sample_with_pgs_subtitles.mkv", "2.start"),
        ("sample_with_srt.mkv", "2.start"),
        ("sample_with_ssa_subtitles.mkv", "2.start"),
        ("sample_with_vobsub.mkv", "2.start"),
        ("sample_with_vobsub.mp4", "2.start"),
        ("sample_with_vtt_subtitles.mkv", "2.start"),
    ],
}

#: The same for what came with FFmpeg 9.
SINCE_9 = {
    ("fixture.avi", "1.bitrate"),  # the rate of the bytes between time stamps, not the header's
    ("sample_android_slow_motion.mp4", "tags"),  # there are two headers, and it keeps both
}
