/**
 * Generates a real but tiny language model: llama architecture, random weights from a fixed seed, and a byte-level
 * tokenizer, so that any text tokenises. It babbles, but it is loaded, tokenised and sampled like every other GGUF.
 */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { GgufWriter } from './gguf-writer.ts'

const DIM = 128
const LAYERS = 2
const HEADS = 4
const FEED_FORWARD = 256
const CONTEXT = 2_048
const PAIRS = ['t h', 'i n', 'e r', 'a n']
const SPECIAL_TOKENS = ['<|endoftext|>', '<|im_start|>', '<|im_end|>']
const FIRST_SPECIAL = 256 + PAIRS.length
const END_OF_TURN = FIRST_SPECIAL + 2
const NORMAL = 1
const CONTROL = 3

const CHAT_TEMPLATE =
  "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}" +
  '{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}'

/** Writes the model to `path` (about 1.6 MB) and returns `path`. The same seed gives the same bytes. */
export function writeTinyGguf(path: string, seed = 1): string {
  mkdirSync(dirname(path), { recursive: true })
  // two processes may generate at once; the rename makes a half-written file impossible to load
  const draft = `${path}.${process.pid}.draft`
  writeFileSync(draft, tinyGguf(seed))
  renameSync(draft, path)
  return path
}

export function tinyGguf(seed: number): Buffer {
  const tokens = [...byteAlphabet(), ...PAIRS.map((pair) => pair.replace(' ', '')), ...SPECIAL_TOKENS]
  const gguf = new GgufWriter()
  gguf.text('general.architecture', 'llama')
  gguf.text('general.name', 'tiny')
  gguf.uint('general.file_type', 0)
  gguf.uint('llama.context_length', CONTEXT)
  gguf.uint('llama.embedding_length', DIM)
  gguf.uint('llama.block_count', LAYERS)
  gguf.uint('llama.feed_forward_length', FEED_FORWARD)
  gguf.uint('llama.attention.head_count', HEADS)
  gguf.uint('llama.attention.head_count_kv', HEADS)
  gguf.float('llama.attention.layer_norm_rms_epsilon', 1e-5)
  gguf.uint('llama.rope.dimension_count', DIM / HEADS)
  gguf.uint('llama.vocab_size', tokens.length)
  gguf.text('tokenizer.ggml.model', 'gpt2')
  gguf.text('tokenizer.ggml.pre', 'gpt-2')
  gguf.texts('tokenizer.ggml.tokens', tokens)
  gguf.ints(
    'tokenizer.ggml.token_type',
    tokens.map((_, id) => (id < FIRST_SPECIAL ? NORMAL : CONTROL)),
  )
  gguf.texts('tokenizer.ggml.merges', PAIRS)
  gguf.uint('tokenizer.ggml.bos_token_id', FIRST_SPECIAL)
  gguf.uint('tokenizer.ggml.eos_token_id', END_OF_TURN)
  gguf.flag('tokenizer.ggml.add_bos_token', false)
  gguf.text('tokenizer.chat_template', CHAT_TEMPLATE)
  addWeights(gguf, tokens, gaussian(seed))
  return gguf.build()
}

function addWeights(gguf: GgufWriter, tokens: string[], random: () => number): void {
  const matrix = (name: string, width: number, height: number, spread: number) =>
    gguf.tensor(
      name,
      [width, height],
      Float32Array.from({ length: width * height }, () => random() * spread),
    )
  const ones = (name: string) => gguf.tensor(name, [DIM], new Float32Array(DIM).fill(1))

  matrix('token_embd.weight', DIM, tokens.length, 1)
  for (let layer = 0; layer < LAYERS; layer++) {
    const block = `blk.${layer}`
    ones(`${block}.attn_norm.weight`)
    for (const part of ['attn_q', 'attn_k', 'attn_v', 'attn_output']) matrix(`${block}.${part}.weight`, DIM, DIM, 0.1)
    ones(`${block}.ffn_norm.weight`)
    matrix(`${block}.ffn_gate.weight`, DIM, FEED_FORWARD, 0.1)
    matrix(`${block}.ffn_up.weight`, DIM, FEED_FORWARD, 0.1)
    matrix(`${block}.ffn_down.weight`, FEED_FORWARD, DIM, 0.1)
  }
  ones('output_norm.weight')
  const output = Float32Array.from({ length: DIM * tokens.length }, (_, at) => {
    return speakable(Math.floor(at / DIM)) ? random() * 0.5 : 0
  })
  gguf.tensor('output.weight', [DIM, tokens.length], output)
}

// rows of zeros give every other token the logit 0, so the model answers in lower-case letters and spaces and, now
// and then, ends its turn
function speakable(id: number): boolean {
  const letter = id >= 97 && id <= 122
  const pair = id >= 256 && id < FIRST_SPECIAL
  return letter || pair || id === 32 || id === END_OF_TURN
}

/** GPT-2's alphabet: each byte as one visible character, in byte order. */
function byteAlphabet(): string[] {
  let next = 256
  return Array.from({ length: 256 }, (_, byte) => {
    const visible = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174
    return String.fromCharCode(visible ? byte : next++)
  })
}

/** Normally distributed numbers, the same for the same seed. */
function gaussian(seed: number): () => number {
  let state = seed >>> 0
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (((mixed ^ (mixed >>> 14)) >>> 0) + 1) / 4_294_967_297
  }
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
}
