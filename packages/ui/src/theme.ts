import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core'
import { fontSizes, fonts, radius } from './tokens.ts'

// Shades 6 and 7 carry white text in dark and light; both reach 4.5:1.
const accent: MantineColorsTuple = [
  '#eef1fd',
  '#dde3fb',
  '#bcc7f7',
  '#98a9f2',
  '#7a8fee',
  '#5f77e8',
  '#4a63e0',
  '#3451d1',
  '#2c45b3',
  '#243993',
]
const red: MantineColorsTuple = [
  '#fef0ee',
  '#fddcd8',
  '#fab8b0',
  '#f58f84',
  '#ff7b72',
  '#dc4a3e',
  '#c93a2e',
  '#b42318',
  '#96190f',
  '#7a1209',
]
// Mantine reads placeholder from 5 and dimmed text from 6; both are dark enough on white.
const gray: MantineColorsTuple = [
  '#f8f8fa',
  '#f1f2f4',
  '#e6e7eb',
  '#d9dbe0',
  '#b9bcc5',
  '#6b707c',
  '#585d68',
  '#43474f',
  '#2b2e34',
  '#16181d',
]
// Text 0, dimmed 2, placeholder 3, borders 4, hover 5, fields 6, body 7.
const dark: MantineColorsTuple = [
  '#eceef2',
  '#c9cdd6',
  '#a3a8b4',
  '#8f94a0',
  '#33363f',
  '#23262d',
  '#1a1c21',
  '#131417',
  '#0f1013',
  '#0a0b0d',
]

/** Everything that opens above the page is put here. */
export const overlaysId = 'overlays'

const quick = { duration: 120 }
const overlayProps = { backgroundOpacity: 0.45, blur: 0 }

export const theme = createTheme({
  primaryColor: 'accent',
  primaryShade: { light: 7, dark: 6 },
  colors: { accent, red, gray, dark },
  fontFamily: fonts.sans,
  fontFamilyMonospace: fonts.mono,
  fontSizes: { xs: fontSizes.xs, sm: fontSizes.sm, md: fontSizes.md, lg: fontSizes.lg, xl: fontSizes.xl },
  headings: { fontFamily: fonts.sans, fontWeight: '600' },
  defaultRadius: radius,
  radius: { xs: '4px', sm: radius, md: radius, lg: radius, xl: radius },
  respectReducedMotion: true,
  cursorType: 'pointer',
  components: {
    Portal: { defaultProps: { target: `#${overlaysId}` } },
    Modal: {
      defaultProps: {
        transitionProps: quick,
        centered: false,
        yOffset: '10dvh',
        overlayProps,
        padding: 'md',
        shadow: 'lg',
      },
    },
    Drawer: { defaultProps: { transitionProps: quick, overlayProps, padding: 'md' } },
    Popover: { defaultProps: { transitionProps: quick, shadow: 'md' } },
    Menu: { defaultProps: { transitionProps: quick, shadow: 'md' } },
    Combobox: { defaultProps: { transitionProps: quick } },
    Tooltip: { defaultProps: { transitionProps: quick, openDelay: 250 } },
    Select: { defaultProps: { comboboxProps: { transitionProps: quick, shadow: 'md' } } },
    MultiSelect: { defaultProps: { comboboxProps: { transitionProps: quick, shadow: 'md' } } },
  },
})

export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-text': 'var(--ck-text)',
    '--mantine-color-body': 'var(--ck-surface)',
    '--mantine-color-dimmed': 'var(--ck-muted)',
    '--mantine-color-anchor': 'var(--ck-accent)',
    '--mantine-color-error': 'var(--ck-red)',
    '--mantine-color-default-border': 'var(--ck-border)',
  },
  dark: {
    '--mantine-color-text': 'var(--ck-text)',
    '--mantine-color-body': 'var(--ck-surface)',
    '--mantine-color-dimmed': 'var(--ck-muted)',
    '--mantine-color-anchor': 'var(--ck-accent)',
    '--mantine-color-error': 'var(--ck-red)',
    '--mantine-color-default-border': 'var(--ck-border)',
  },
})
