import { notifications } from '@mantine/notifications'
import { IconAlertTriangle, IconCircleCheck, IconInfoCircle } from './icons.ts'

const show = (tone: 'green' | 'red' | 'blue', Icon: typeof IconInfoCircle) => (message: string) => {
  notifications.show({
    message,
    icon: <Icon size={16} />,
    className: `ck-toast ck-toast-${tone}`,
    role: tone === 'red' ? 'alert' : 'status',
    closeButtonProps: { 'aria-label': 'Dismiss' },
  })
}

/** A word in passing. A failure must also stand where it happened: a toast is never the only error. */
export const toast = {
  success: show('green', IconCircleCheck),
  info: show('blue', IconInfoCircle),
  error: show('red', IconAlertTriangle),
}
