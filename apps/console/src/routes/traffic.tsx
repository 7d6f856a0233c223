export { TrafficPage as Page } from '../features/traffic/traffic-page.tsx'
