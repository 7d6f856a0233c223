import { WireError } from './head.ts'

const CR = 13
const LF = 10
const SEMICOLON = 59
const sizeDigitsMax = 8
const extensionBytesMax = 4_096
const trailerBytesMax = 16_384

type State =
  | 'size'
  | 'extension'
  | 'size_lf'
  | 'data'
  | 'data_cr'
  | 'data_lf'
  | 'trailer'
  | 'trailer_lf'
  | 'end_lf'
  | 'done'

/** Takes the chunks of a body apart, wherever the network cut them. A class, because it stands between two reads. */
export class ChunkedDecoder {
  #state: State = 'size'
  #size = 0
  #digits = 0
  #extension = 0
  #trailer = 0
  #lineBytes = 0

  get done(): boolean {
    return this.#state === 'done'
  }

  /**
   * Reads `bytes` and copies all data of this read into one new buffer, since many small chunks that came
   * together are best passed on together. Answers the data and where reading stopped.
   */
  take(bytes: Buffer): { data: Buffer | null; next: number } {
    const out = Buffer.allocUnsafe(bytes.length)
    let written = 0
    let at = 0
    while (at < bytes.length && this.#state !== 'done') {
      if (this.#state !== 'data') {
        this.#step(bytes[at] ?? 0)
        at++
        continue
      }
      const end = Math.min(bytes.length, at + this.#size)
      written += bytes.copy(out, written, at, end)
      this.#size -= end - at
      at = end
      if (this.#size === 0) this.#state = 'data_cr'
    }
    return { data: written === 0 ? null : out.subarray(0, written), next: at }
  }

  #step(byte: number) {
    switch (this.#state) {
      case 'size':
        return this.#readSize(byte)
      case 'extension':
        if (byte === CR) this.#state = 'size_lf'
        else if (byte === LF || ++this.#extension > extensionBytesMax) refuse('a chunk extension')
        return
      case 'size_lf':
        this.#expect(byte, LF, this.#size === 0 ? 'trailer' : 'data')
        this.#digits = 0
        this.#extension = 0
        return
      case 'data_cr':
        return this.#expect(byte, CR, 'data_lf')
      case 'data_lf':
        return this.#expect(byte, LF, 'size')
      case 'trailer':
        return this.#readTrailer(byte)
      case 'trailer_lf':
        this.#lineBytes = 0
        return this.#expect(byte, LF, 'trailer')
      case 'end_lf':
        return this.#expect(byte, LF, 'done')
    }
  }

  #readSize(byte: number): void {
    const digit = digitOf(byte)
    if (digit >= 0) {
      if (++this.#digits > sizeDigitsMax) refuse('a chunk size')
      this.#size = this.#size * 16 + digit
      return
    }
    if (this.#digits === 0) refuse('a chunk size')
    if (byte === CR) this.#state = 'size_lf'
    else if (byte === SEMICOLON || byte === 32 || byte === 9) this.#state = 'extension'
    else refuse('a chunk size')
  }

  #readTrailer(byte: number): void {
    if (byte === CR) this.#state = this.#lineBytes === 0 ? 'end_lf' : 'trailer_lf'
    else if (byte === LF || ++this.#trailer > trailerBytesMax) refuse('a trailer')
    else this.#lineBytes++
  }

  #expect(byte: number, wanted: number, next: State): void {
    if (byte !== wanted) refuse('the end of a line')
    this.#state = next
  }
}

const refuse = (what: string): never => {
  throw new WireError('HPE_INVALID_CHUNK_SIZE', `The body is chunked wrongly: ${what} is malformed.`)
}

const digitOf = (byte: number): number => {
  if (byte >= 48 && byte <= 57) return byte - 48
  const lower = byte | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}
