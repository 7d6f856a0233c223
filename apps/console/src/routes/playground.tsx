export { PlaygroundPage as Page } from '../features/playground/playground-page.tsx'
