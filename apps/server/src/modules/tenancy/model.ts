/** The shortest way to write a decimal number: "1.2000" → "1.2". */
export const shortDecimal = (text: string): string => {
  const [whole = '0', places = ''] = text.split('.')
  const kept = places.replace(/0+$/, '')
  return `${whole.replace(/^0+(?=\d)/, '')}${kept && `.${kept}`}`
}
