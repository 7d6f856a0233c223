/** How long a sound is, by its head where that says it: what a call holds before anybody has heard it. */

/** Of anything that is meant to be understood; slower is no speech. */
const slowestBytesPerSecond = 1_000
/** Of what people send, where nothing better is known: 32 kbit, the least that MP3 has. */
const usualBytesPerSecond = 4_000

/** Whole seconds: `most` it can be, and what it probably is. */
export const secondsOf = (sound: Buffer): { most: number; probably: number } => {
  const { length } = sound
  const plain = wavBytesPerSecond(sound)
  if (plain !== null) return { most: Math.ceil(length / plain), probably: Math.ceil(length / plain) }
  const packed = mp3BytesPerSecond(sound)
  // the frames that follow may say something else
  if (packed !== null) return { most: Math.ceil(length / usualBytesPerSecond), probably: Math.ceil(length / packed) }
  return { most: Math.ceil(length / slowestBytesPerSecond), probably: Math.ceil(length / usualBytesPerSecond) }
}

/** Samples that are not packed, in RIFF files: how many a second, times what one weighs. */
const wavBytesPerSecond = (sound: Buffer): number | null => {
  if (sound.length < 44 || sound.toString('latin1', 0, 4) !== 'RIFF' || sound.toString('latin1', 8, 12) !== 'WAVE')
    return null
  const chunk = sound.subarray(0, 256).indexOf('fmt ')
  if (chunk < 0 || chunk + 24 > sound.length) return null
  const [format, hertz, weight] = [
    sound.readUInt16LE(chunk + 8),
    sound.readUInt32LE(chunk + 12),
    sound.readUInt16LE(chunk + 20),
  ]
  const isPlain = format === 1 || format === 3
  return isPlain && hertz * weight >= slowestBytesPerSecond ? hertz * weight : null
}

const kilobits = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]

/** Frames of MPEG-1 layer 3 that say the same bit rate twice in a row; a rate that varies is not known. */
const mp3BytesPerSecond = (sound: Buffer): number | null => {
  const start = frameStart(sound, id3Bytes(sound))
  if (start === null) return null
  const first = frameAt(sound, start)
  const second = first && frameAt(sound, start + first.bytes)
  const third = second && first && frameAt(sound, start + first.bytes + second.bytes)
  return first && second && third && first.rate === second.rate && second.rate === third.rate ? first.rate : null
}

const id3Bytes = (sound: Buffer): number => {
  if (sound.length < 10 || sound.toString('latin1', 0, 3) !== 'ID3') return 0
  const [a = 0, b = 0, c = 0, d = 0] = sound.subarray(6, 10)
  return 10 + (a << 21) + (b << 14) + (c << 7) + d
}

const frameStart = (sound: Buffer, from: number): number | null => {
  for (let at = from; at < Math.min(sound.length - 4, from + 4_096); at++) if (frameAt(sound, at)) return at
  return null
}

const frameAt = (sound: Buffer, at: number): { rate: number; bytes: number } | null => {
  if (at + 4 > sound.length || sound[at] !== 0xff || ((sound[at + 1] ?? 0) & 0xfe) !== 0xfa) return null
  const third = sound[at + 2] ?? 0
  const kilobit = kilobits[(third >> 4) - 1]
  const hertz = [44_100, 48_000, 32_000][(third >> 2) & 3]
  if (kilobit === undefined || hertz === undefined) return null
  return { rate: kilobit * 125, bytes: Math.floor((144_000 * kilobit) / hertz) + ((third >> 1) & 1) }
}
