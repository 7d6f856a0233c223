/** Whether a new password keeps the rules; asked by the server, and by the console while it is typed. */
import { isCommonPassword } from './common-passwords.ts'
import type { PasswordRules } from './security.ts'

export type PasswordRule = 'length' | 'common' | 'personal'

/** Words of a person that do not make a password: of their name, their e-mail, their account, and the product. */
export const personalWords = (texts: readonly string[]): string[] => [
  ...new Set(
    [...texts, 'cockpit']
      .flatMap((text) => text.toLowerCase().split(/[^\p{L}\p{N}]+/u))
      .filter((word) => word.length >= 3 && !tooUsual.has(word)),
  ),
]
const tooUsual: ReadonlySet<string> = new Set(['com', 'org', 'net', 'the', 'and', 'www'])

/** Letters that are left without personal words make the password; fewer than these are too few. */
const ownLettersMin = 8

/** Which of the rules are asked, and which of those a password breaks. */
export const checkPassword = (
  password: string,
  rules: Pick<PasswordRules, 'passwordLengthMin' | 'passwordRefuseCommon' | 'passwordRefusePersonal'>,
  personal: readonly string[],
): { rule: PasswordRule; text: string; kept: boolean }[] => {
  const { passwordLengthMin: length, passwordRefuseCommon, passwordRefusePersonal } = rules
  return [
    { rule: 'length' as const, text: `must have at least ${length} characters`, kept: [...password].length >= length },
    ...(passwordRefuseCommon
      ? [{ rule: 'common' as const, text: 'must not be one that is guessed first', kept: !isCommonPassword(password) }]
      : []),
    ...(passwordRefusePersonal
      ? [
          {
            rule: 'personal' as const,
            text: 'must not be made of your name, your e-mail, your account or “Cockpit”',
            kept: !isPersonal(password, personal),
          },
        ]
      : []),
  ]
}

const isPersonal = (password: string, personal: readonly string[]): boolean => {
  const plain = password.toLowerCase()
  const used = personal.filter((word) => plain.includes(word))
  const rest = [...used].sort((a, b) => b.length - a.length).reduce((text, word) => text.replaceAll(word, ''), plain)
  return used.length > 0 && rest.replace(/[^\p{L}\p{N}]/gu, '').length < ownLettersMin
}
