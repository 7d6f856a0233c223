/** Writes GGUF version 3: a header, typed metadata, tensor descriptions, then the tensors, each on a 32-byte border. */
const ALIGNMENT = 32
const UINT32 = 4
const INT32 = 5
const FLOAT32 = 6
const BOOL = 7
const STRING = 8
const ARRAY = 9
const TENSOR_F32 = 0

type Tensor = { name: string; shape: number[]; data: Float32Array }

export class GgufWriter {
  readonly #metadata: Buffer[] = []
  readonly #tensors: Tensor[] = []

  uint(key: string, value: number): void {
    this.#add(key, UINT32, uint32(value))
  }

  float(key: string, value: number): void {
    const bytes = Buffer.alloc(4)
    bytes.writeFloatLE(value)
    this.#add(key, FLOAT32, bytes)
  }

  flag(key: string, value: boolean): void {
    this.#add(key, BOOL, Buffer.of(value ? 1 : 0))
  }

  text(key: string, value: string): void {
    this.#add(key, STRING, string(value))
  }

  texts(key: string, values: string[]): void {
    this.#add(key, ARRAY, Buffer.concat([uint32(STRING), uint64(values.length), ...values.map(string)]))
  }

  ints(key: string, values: number[]): void {
    this.#add(key, ARRAY, Buffer.concat([uint32(INT32), uint64(values.length), ...values.map(uint32)]))
  }

  /** `shape` is in GGUF order: the fastest moving dimension first. */
  tensor(name: string, shape: number[], data: Float32Array): void {
    this.#tensors.push({ name, shape, data })
  }

  build(): Buffer {
    let offset = 0
    const infos: Buffer[] = []
    const bodies: Buffer[] = []
    for (const { name, shape, data } of this.#tensors) {
      infos.push(string(name), uint32(shape.length), ...shape.map(uint64), uint32(TENSOR_F32), uint64(offset))
      const body = padded(Buffer.from(data.buffer, data.byteOffset, data.byteLength))
      bodies.push(body)
      offset += body.length
    }
    const head = [Buffer.from('GGUF'), uint32(3), uint64(this.#tensors.length), uint64(this.#metadata.length)]
    return Buffer.concat([padded(Buffer.concat([...head, ...this.#metadata, ...infos])), ...bodies])
  }

  #add(key: string, type: number, value: Buffer): void {
    this.#metadata.push(Buffer.concat([string(key), uint32(type), value]))
  }
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}

function string(value: string): Buffer {
  const text = Buffer.from(value)
  return Buffer.concat([uint64(text.length), text])
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((ALIGNMENT - (bytes.length % ALIGNMENT)) % ALIGNMENT)])
}
