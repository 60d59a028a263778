import { createContext, useContext } from "react";
import type { Permission, Session } from "../api/types";

export const SessionContext = createContext<Session | null>(null);

export function useMaybeSession(): Session | null {
  return useContext(SessionContext);
}
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error("useSession outside of a signed-in page");
  return session;
}
/** May the signed-in user do this? The server decides again; this only keeps dead buttons off the page. */
export function useCan(): (permission: Permission) => boolean {
  const permissions = useSession().user.permissions;
  return (permission) => permissions.includes(permission);
}
