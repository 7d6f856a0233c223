export { LettersPage as Page } from '../features/mail/letters-page.tsx'
