/** The rest of a text: what is said again at its beginning is left out. */

/**
 * Providers refuse a text that ends with white space, or take it off; models begin their words with it. So the text is
 * given without, and of the rest as much of it is left out as had been said.
 */
export const givenOf = (text: string): string => text.trimEnd()

export type RestText = {
  /** What of the next piece is new. */
  push(piece: string): string
  /** What was held back when no piece follows. */
  end(): string
}

export const createRestText = (text: string, echoes: boolean): RestText => {
  const given = givenOf(text)
  let echo = echoes ? given : ''
  let spaces = text.slice(given.length)
  let held = ''

  const withoutSpaces = (piece: string): string => {
    let at = 0
    while (at < piece.length && at < spaces.length && piece[at] === spaces[at]) at++
    if (piece !== '') spaces = at === piece.length ? spaces.slice(at) : ''
    return piece.slice(at)
  }

  return {
    push(piece) {
      if (echo === '') return withoutSpaces(piece)
      held += piece
      if (held.length < echo.length && echo.startsWith(held)) return ''
      const all = held
      const again = all.startsWith(echo) ? echo.length : 0
      held = ''
      echo = ''
      return withoutSpaces(all.slice(again))
    },
    end() {
      const all = held
      held = ''
      echo = ''
      return withoutSpaces(all)
    },
  }
}
