/** The few values every screen is made of. CSS has the same ones as `--ck-*` custom properties (styles/tokens.css). */
export const fontSizes = { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '20px', xxl: '28px' } as const
export const radius = '6px'
export const rowHeightPx = 36
export const sidebarWidthPx = 232
/** Below this width the sidebar is a sheet. */
export const sheetBelowPx = 768
/** Below this width a table is a list of cards. */
export const cardsBelowPx = 640

export const fonts = {
  sans: "'Inter Variable', system-ui, sans-serif",
  mono: "'JetBrains Mono Variable', ui-monospace, monospace",
} as const

/** Meaning of a colour; never shown without an icon or a word beside it. */
export type Tone = 'neutral' | 'accent' | 'green' | 'amber' | 'red' | 'blue'
