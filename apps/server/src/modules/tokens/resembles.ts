const differingMax = 4

/** Whether a bearer is this secret, a piece of it, more than it, or the same but for a slip of the keyboard. */
export const resembles = (bearer: string, secret: string): boolean => {
  const [given, own] = [bearer.toLowerCase(), secret.toLowerCase()]
  if (given.includes(own) || own.includes(given)) return true
  const longest = Math.max(given.length, own.length)
  return ahead(given, own) + ahead(reversed(given), reversed(own)) >= longest - differingMax
}

/** How many characters two texts begin with alike. */
const ahead = (one: string, other: string): number => {
  let same = 0
  while (same < one.length && one[same] === other[same]) same++
  return same
}
const reversed = (text: string) => [...text].reverse().join('')
