export { MailPage as Page } from '../features/mail/mail-page.tsx'
