/** The words of a streamed answer in either dialect, put together; null when the content is no stream or has none. */
export const answerText = (content: string): string | null => {
  if (!/^(data|event):/m.test(content)) return null
  const words = content
    .split('\n')
    .flatMap((line) => (line.startsWith('data:') ? [pieceOf(line.slice(5).trim())] : []))
    .join('')
  return words === '' ? null : words
}

type Piece = { choices?: { delta?: { content?: unknown } }[]; delta?: { text?: unknown } }
const pieceOf = (data: string): string => {
  const piece = parsed(data)
  const word = piece?.choices?.[0]?.delta?.content ?? piece?.delta?.text
  return typeof word === 'string' ? word : ''
}

/** `[DONE]`, and a line that was cut off, are no JSON. */
const parsed = (data: string): Piece | null => {
  try {
    return JSON.parse(data) as Piece
  } catch {
    return null
  }
}
