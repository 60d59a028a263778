import { useQuery } from "@tanstack/react-query";
import { admin } from "../api/calls";
import { useI18n } from "../i18n";
import { useCan, useSession } from "./session";

/** Records name their author by id. Shows the name where the reader may know it, and the platform itself as such. */
export function useWho(): (by: string | null | undefined) => string {
  const { t } = useI18n();
  const { user } = useSession();
  const may = useCan()("users.manage");
  const users = useQuery({ queryKey: ["users", "all"], queryFn: () => admin.users({ limit: 200 }), enabled: may, staleTime: 300_000 });
  return (by) => {
    if (!by || by === "system") return t("word.system");
    if (by === user.id) return user.name;
    return users.data?.items.find((item) => item.id === by)?.name ?? by;
  };
}
