/** Dice that fall the same for the same seed and name, so that one number drawn for a call serves all its candidates. */

/** A 32-bit name of a text. */
export const identityOf = (text: string): number => {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return spread(hash)
}

/** Between 0 and 1, both left out. */
export const drawOf = (seed: number, identity: number): number =>
  (spread(spread(Math.floor(seed * 0x1_0000_0000)) ^ identity) + 0.5) / 0x1_0000_0000

const spread = (bits: number): number => {
  let mixed = bits | 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
