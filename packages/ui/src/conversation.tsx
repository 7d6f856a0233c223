import { useMediaQuery } from '@mantine/hooks'
import { type ReactNode, useLayoutEffect, useRef } from 'react'
import { cx } from './layout.tsx'

/** Settings beside what they are for; below 1,024 px they fold under their `summary`. Fills a `Page fill`. */
export const Workbench = ({
  side,
  label,
  summary,
  children,
}: {
  side: ReactNode
  label: string
  summary: ReactNode
  children: ReactNode
}) => {
  const narrow = useMediaQuery('(max-width: 1023.98px)', undefined, { getInitialValueInEffect: false })
  return (
    <div className="ck-workbench">
      <div className="ck-workbench-main">{children}</div>
      <aside className="ck-workbench-side" aria-label={label}>
        {narrow ? (
          <details>
            <summary className="ck-workbench-summary">{summary}</summary>
            {side}
          </details>
        ) : (
          side
        )}
      </aside>
    </div>
  )
}

/** Messages below each other, the newest in sight unless the reader scrolled up; `composer` stays under them. */
export const Conversation = ({
  label,
  busy,
  composer,
  children,
}: {
  label: string
  /** While an answer streams; screen readers wait for its end. */
  busy: boolean
  composer: ReactNode
  children: ReactNode
}) => {
  const list = useRef<HTMLElement>(null)
  const content = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    const own = list.current
    if (!own || !content.current) return
    // on a phone the page scrolls, not the list
    const scroller = () => (own.scrollHeight > own.clientHeight + 1 ? own : (own.closest('main') ?? own))
    let following = true
    let before = 0
    // content that grew under the reader is no reason to stop following; scrolling up is
    const notice = () => {
      const { scrollHeight, scrollTop, clientHeight } = scroller()
      const atEnd = scrollHeight - scrollTop - clientHeight < 48
      following = atEnd || (following && scrollTop >= before)
      before = scrollTop
    }
    const follow = new ResizeObserver(() => {
      if (following) scroller().scrollTop = scroller().scrollHeight
    })
    document.addEventListener('scroll', notice, { passive: true, capture: true })
    follow.observe(content.current)
    return () => {
      document.removeEventListener('scroll', notice, { capture: true })
      follow.disconnect()
    }
  }, [])
  return (
    <div className="ck-talk">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area needs focus to scroll by keyboard */}
      <section ref={list} className="ck-talk-list" tabIndex={0} aria-label={label} aria-live="polite" aria-busy={busy}>
        <div ref={content} className="ck-talk-content">
          {children}
        </div>
      </section>
      <div className="ck-talk-composer">{composer}</div>
    </div>
  )
}

/** One message: who says it, what, and its figures under it. */
export const Message = ({
  who,
  own = false,
  foot,
  children,
}: {
  who: string
  /** Written by the reader. */
  own?: boolean
  foot?: ReactNode
  children: ReactNode
}) => (
  <article className={cx('ck-message', own && 'ck-message-own')}>
    <p className="ck-message-who">{who}</p>
    <div className="ck-message-text">{children}</div>
    {foot && <div className="ck-message-foot">{foot}</div>}
  </article>
)
