/** Every page of the console, in the order of the sidebar. A page is one entry here and one file in `routes/`. */
import type { PageEntry } from './page-kit.ts'

export const pages: readonly PageEntry[] = []
