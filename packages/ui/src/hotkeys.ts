import { useHotkeys as useMantineHotkeys } from '@mantine/hooks'

/** `useHotkeys({ 'mod+K': open, c: create })`; `mod` is ⌘ on a Mac and Ctrl elsewhere. Quiet while typing in a field. */
export const useHotkeys = (keys: Record<string, () => void>) =>
  useMantineHotkeys(Object.entries(keys).map(([combination, run]) => [combination, run]))

export const isMac = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.userAgent)
/** "⌘K" or "Ctrl K". */
export const modKey = (key: string): string => (isMac ? `⌘${key}` : `Ctrl ${key}`)
