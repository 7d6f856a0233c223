/** The code that breaks the glass, and the seal made of it. */
import { z } from 'zod'

/** What the environment holds: the hash of the code, from which nobody finds the code. */
export const breakGlassSealPattern = /^sha256:[0-9a-f]{64}$/

/** The code as it is hashed, however it was typed from paper. */
export const plainBreakGlassCode = (typed: string): string => typed.toUpperCase().replace(/[^0-9A-Z]/g, '')

export const breakGlassCode = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .meta({ example: '7K2M9-QXT4B-HJ6RC-VW3NP-8DFGA-Y5ZEM-2KT9Q-XB4HJ' })
