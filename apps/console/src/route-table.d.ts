declare module 'virtual:route-table' {
  export const routeTable: import('@cockpit/client/core').RouteTable
}
