import { Loaded, Page, toast, useNavigation } from '@cockpit/ui'
import type { ReactNode } from 'react'
import type { Loaded as Load } from './data.ts'

export type Back = { href: string; label: string }

/** The page of a form for what there is already: the form comes with its data, because it begins with what it finds then. */
export const EditPage = <T,>({
  load,
  title,
  back,
  children,
}: {
  load: Load<T>
  title: string
  back: Back
  children: (data: T) => ReactNode
}) => {
  if (load.data) return children(load.data)
  return (
    <Page title={title} back={back}>
      <Loaded {...load}>{() => null}</Loaded>
    </Page>
  )
}

/** Where a form leads: back when it is left, and on once it is saved, with a word of what was done. */
export const useFormEnds = ({ back, saved, on }: { back: Back; saved: string; on?: () => string }) => {
  const { navigate } = useNavigation()
  return {
    back,
    onCancel: () => navigate(back.href),
    onSaved: () => {
      toast.success(saved)
      // the guard of unsaved changes lets go with the next render
      setTimeout(() => navigate(on ? on() : back.href))
    },
  }
}
