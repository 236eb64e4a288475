// Package speech turns words and recordings into sound that a loudspeaker can play:
//
//	text → reading (numbers, units, dates) → pronunciation → engine ┐
//	recording → decoding by ffmpeg ─────────────────────────────────┤
//	            trim → −24 LKFS → attention signal → −24 LKFS → MP3 or WAV
//
// The engine is espeak-ng or a command the operator sets; neither sees text on its
// command line, both are killed when the context ends. Chinese text goes to espeak-ng's
// cmn-latn-pinyin voice, which reads Hanzi and pinyin alike (its cmn voice spells pinyin
// as English letters), with pinyin in the places where a Dictionary knows better: that
// voice reads character by character, so every polyphone needs its word.
//
// Faults: speech.text_empty, speech.text_too_long, speech.engine_missing,
// speech.engine_failed, speech.engine_slow, speech.recording_too_large,
// speech.recording_too_long, speech.recording_format, speech.recording_silent,
// speech.dictionary_word.
package speech
