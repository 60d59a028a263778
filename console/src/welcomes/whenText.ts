import { useI18n } from "../i18n";
import type { When } from "./shapes";

/** Whom a rule greets, as short phrases. */
export function useWhenText(): (when: When) => string[] {
  const { t } = useI18n();
  return (when) => {
    const list = (all: readonly string[]) => (all.length > 3 ? t("welcomes.say.more", { some: all.slice(0, 3).join(t("welcomes.say.or")), n: all.length }) : all.join(t("welcomes.say.or")));
    const out: string[] = [];
    const put = (all: readonly unknown[] | undefined, say: () => string) => void (all?.length ? out.push(say()) : undefined);
    put(when.channels, () => t("welcomes.say.channels", { list: list((when.channels ?? []).map((own) => own || t("welcomes.no_channel"))) }));
    put(when.history, () => list((when.history ?? []).map((own) => t(`welcomes.history.${own}`))));
    put(when.staff, () => t("welcomes.say.staff", { list: list(when.staff ?? []) }));
    put(when.stores, () => t("welcomes.say.stores", { list: list(when.stores ?? []) }));
    put(when.departments, () => t("welcomes.say.departments", { n: when.departments?.length ?? 0 }));
    put(when.tags, () => t("welcomes.say.tags", { n: when.tags?.length ?? 0 }));
    put(when.hours, () => list((when.hours ?? []).map((own) => `${own.from}–${own.to}`)));
    return out.length ? out : [t("welcomes.say.everybody")];
  };
}
