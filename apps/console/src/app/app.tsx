import { CockpitProvider } from '@cockpit/ui'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { Crash, CrashBoundary } from './crash.tsx'
import { queryClient } from './query.ts'
import { navigation, router } from './router.tsx'

export const App = () => (
  <StrictMode>
    <CockpitProvider navigation={navigation}>
      <CrashBoundary fallback={(error) => <Crash error={error} />}>
        <QueryClientProvider client={queryClient}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </CrashBoundary>
    </CockpitProvider>
  </StrictMode>
)
