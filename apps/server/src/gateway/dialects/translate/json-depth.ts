/** Knows, fragment by fragment, whether a streamed JSON object is complete, without parsing it. */
export type JsonDepth = { feed(fragment: string): void; complete(): boolean }

export function createJsonDepth(): JsonDepth {
  let depth = 0
  let begun = false
  let inString = false
  let escaped = false

  function step(char: string): void {
    if (escaped) escaped = false
    else if (inString) {
      if (char === '\\') escaped = true
      else if (char === '"') inString = false
    } else if (char === '"') inString = true
    else if (char === '{' || char === '[') {
      depth++
      begun = true
    } else if (char === '}' || char === ']') depth--
  }

  return {
    feed: (fragment) => {
      for (const char of fragment) step(char)
    },
    complete: () => begun && depth <= 0,
  }
}
