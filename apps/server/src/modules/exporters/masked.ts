/** Takes out of a text what tells who somebody is, or opens something. Linear in the text, whatever stands in it. */
const masks: readonly (readonly [RegExp, string])[] = [
  [/\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}\b/g, '[email]'],
  [/\b(?:sk|pk|rk|ck|ghp|gho|xox[abp]|AKIA|AIza)[-_]?[A-Za-z0-9_-]{16,200}\b/g, '[key]'],
  [/\beyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{10,8000}\.[A-Za-z0-9_-]{10,2000}/g, '[token]'],
  [/\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b/g, '[iban]'],
  [/(?<![\w.])\+\d{1,3}(?:[ ()/-]{0,2}\d){6,13}(?!\w)/g, '[phone]'],
]
const cardNumber = /(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)/g

export const masked = (text: string): string => {
  const plain = masks.reduce((clean, [pattern, word]) => clean.replace(pattern, word), text)
  return plain.replace(cardNumber, (digits) => (isCard(digits) ? '[card]' : digits))
}

/** The check digit of Luhn, which all card numbers have and one in ten others. */
const isCard = (written: string): boolean => {
  const digits = [...written.replace(/\D/g, '')].reverse().map(Number)
  const sum = digits.reduce((total, digit, place) => {
    const doubled = place % 2 === 1 ? digit * 2 : digit
    return total + (doubled > 9 ? doubled - 9 : doubled)
  }, 0)
  return sum % 10 === 0
}
