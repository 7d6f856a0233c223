/** llama.cpp behind one function: messages in, tokens out. The package is optional, so its few used types are here. */
type Token = number
type Sequence = {
  clearHistory(): Promise<void>
  evaluate(tokens: Token[], options: { temperature: number; seed: number; yieldEogToken: true }): AsyncGenerator<Token>
}
type Context = { getSequence(): Sequence; dispose(): Promise<void> }
type Model = {
  tokenize(text: string, specialTokens?: boolean): Token[]
  detokenize(tokens: readonly Token[]): string
  isEogToken(token: Token): boolean
  createContext(options: { contextSize: number; threads: number }): Promise<Context>
  dispose(): Promise<void>
}
type Llama = { loadModel(options: { modelPath: string; gpuLayers: number }): Promise<Model>; dispose(): Promise<void> }
type Library = {
  getLlama(options: {
    gpu: false
    build: 'never'
    skipDownload: true
    logLevel: 'error'
    progressLogs: false
  }): Promise<Llama>
}

export type Message = { role: string; content: string }
export type Ask = { messages: Message[]; tokensMax: number; temperature: number; seed: number }
export type Finish = 'stop' | 'length'
/** Yields the text of each token; returns why it ended. */
export type Answer = AsyncGenerator<string, Finish>
export type Engine = {
  promptTokens(messages: Message[]): Token[]
  answer(prompt: Token[], ask: Ask): Answer
  close(): Promise<void>
}

const CONTEXT_TOKENS = 2_048

export async function loadEngine(modelPath: string): Promise<Engine> {
  const library: Library = await import('node-llama-cpp' as string)
  const llama = await library.getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    logLevel: 'error',
    progressLogs: false,
  })
  const model = await llama.loadModel({ modelPath, gpuLayers: 0 })
  const context = await model.createContext({ contextSize: CONTEXT_TOKENS, threads: 1 })
  const sequence = context.getSequence()
  // there is one sequence, so answers take turns
  let turn: Promise<void> = Promise.resolve()

  return {
    promptTokens: (messages) => promptOf(model, messages),
    async *answer(prompt, ask) {
      const before = turn
      let finished = () => {}
      turn = new Promise((resolve) => {
        finished = resolve
      })
      await before
      try {
        return yield* generate(model, sequence, prompt, ask)
      } finally {
        finished()
      }
    },
    async close() {
      await context.dispose()
      await model.dispose()
      await llama.dispose()
    },
  }
}

async function* generate(model: Model, sequence: Sequence, prompt: Token[], ask: Ask): Answer {
  await sequence.clearHistory()
  const room = Math.min(ask.tokensMax, CONTEXT_TOKENS - prompt.length)
  if (room < 1) return 'length'
  let count = 0
  for await (const token of sequence.evaluate(prompt, {
    temperature: ask.temperature,
    seed: ask.seed,
    yieldEogToken: true,
  })) {
    if (model.isEogToken(token)) return 'stop'
    yield model.detokenize([token])
    if (++count >= room) break
  }
  return 'length'
}

/** The chat template of the generated model. What people write cannot open or close a turn: it is plain text. */
function promptOf(model: Model, messages: Message[]): Token[] {
  const special = (text: string) => model.tokenize(text, true)
  const tokens = messages.flatMap(({ role, content }) => [
    ...special('<|im_start|>'),
    ...model.tokenize(`${role}\n${content}`),
    ...special('<|im_end|>'),
    ...model.tokenize('\n'),
  ])
  return [...tokens, ...special('<|im_start|>'), ...model.tokenize('assistant\n')]
}
