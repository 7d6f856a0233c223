import { MantineProvider, useComputedColorScheme, useMantineColorScheme } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import type { ReactNode } from 'react'
import { type Navigation, NavigationProvider } from './navigation.tsx'
import { overlaysId, theme, variables } from './theme.ts'

export type ColorScheme = 'light' | 'dark' | 'auto'

/**
 * Everything a screen of Cockpit stands in. The nonce of `<meta name="csp-nonce">` marks the style elements made at
 * run time, so that the page lives under `style-src 'self' 'nonce-…'`.
 */
export const CockpitProvider = ({
  nonce = nonceOfPage(),
  colorScheme = 'auto',
  navigation,
  children,
}: {
  nonce?: string
  /** Where the reader has not chosen yet. */
  colorScheme?: ColorScheme
  navigation?: Navigation
  children: ReactNode
}) => {
  shareNonce(nonce)
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={variables}
      defaultColorScheme={colorScheme}
      getStyleNonce={() => nonce}
    >
      <NavigationProvider value={navigation}>{children}</NavigationProvider>
      {/* what opens above the page stands in a landmark of its own */}
      <section id={overlaysId} aria-label="Menus and dialogs" />
      <Notifications position="bottom-right" autoClose={5000} limit={3} transitionDuration={120} />
    </MantineProvider>
  )
}

export const useColorScheme = (): {
  chosen: ColorScheme
  shown: 'light' | 'dark'
  choose: (scheme: ColorScheme) => void
} => {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const shown = useComputedColorScheme('light', { getInitialValueInEffect: false })
  return { chosen: colorScheme, shown, choose: setColorScheme }
}

const nonceOfPage = (): string => document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? ''

// The scroll lock under modals writes its own style element and looks for the nonce under this global name.
const shareNonce = (nonce: string) => {
  if (nonce) Object.assign(globalThis, { __webpack_nonce__: nonce })
}
