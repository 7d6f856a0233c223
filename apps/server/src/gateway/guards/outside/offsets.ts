/** Services count characters; here texts are counted in UTF-16 units, of which some characters have two. */
export const unitsOf = (text: string): ((characters: number) => number) => {
  if (!hasPairs.test(text)) return (characters) => Math.min(Math.max(0, characters), text.length)
  const places: number[] = []
  let at = 0
  for (const character of text) {
    places.push(at)
    at += character.length
  }
  return (characters) => places[Math.max(0, characters)] ?? text.length
}

const hasPairs = /[\ud800-\udbff]/

/** At most this many units each, and no character cut in two. */
export const piecesOf = (text: string, unitsMax: number): { text: string; from: number }[] => {
  const pieces: { text: string; from: number }[] = []
  for (let from = 0; from < text.length; ) {
    let to = Math.min(text.length, from + unitsMax)
    if (to < text.length && isHigh(text.charCodeAt(to - 1))) to--
    pieces.push({ text: text.slice(from, to), from })
    from = to
  }
  return pieces
}

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff
