import { useQuery } from "@tanstack/react-query";
import { DatePicker, Select, type SelectProps } from "antd";
import dayjs from "dayjs";
import { commerce, tags as api } from "../api/calls";
import { keys } from "../api/keys";
import { useI18n } from "../i18n";
import { useKindName } from "../shell/parts";
import { useCan } from "../shell/session";

export const KINDS = ["unionid", "user_id", "member_no", "external_userid", "openid", "phone", "email", "pos_no", "device", "anonymous"];

export function useTags() {
  return useQuery({ queryKey: keys.tags, queryFn: api.list, staleTime: 30_000 });
}

export function useTagName(id: string | undefined): string | undefined {
  const groups = useTags().data?.groups;
  return id ? groups?.flatMap((group) => group.tags).find((tag) => tag.id === id)?.name : undefined;
}

type PickProps = Pick<SelectProps<string>, "value" | "onChange" | "allowClear" | "placeholder" | "autoFocus">;

/** `manual`: only tags that a person may be given by hand. */
export function TagSelect({ manual, ...rest }: PickProps & { manual?: boolean }) {
  const groups = useTags();
  const options = (groups.data?.groups ?? [])
    .map((group) => ({ label: group.name, options: group.tags.filter((tag) => !manual || tag.kind !== "rule").map((tag) => ({ value: tag.id, label: tag.name })) }))
    .filter((group) => group.options.length > 0);
  return <Select<string> {...rest} showSearch={{ optionFilterProp: "label" }} loading={groups.isPending} options={options} className="full" />;
}

export function KindSelect(props: PickProps) {
  const name = useKindName();
  return <Select<string> {...props} options={KINDS.map((kind) => ({ value: kind, label: name(kind) }))} className="full" />;
}

export function StoreSelect(props: PickProps) {
  const may = useCan()("orders.read");
  const stores = useQuery({ queryKey: keys.stores({ limit: 200 }), queryFn: () => commerce.stores({ limit: 200 }), enabled: may, staleTime: 60_000 });
  const options = (stores.data?.items ?? []).map((store) => ({ value: store.code, label: store.name ? `${store.name} · ${store.code}` : store.code }));
  return <Select<string> {...props} showSearch={{ optionFilterProp: "label" }} loading={may && stores.isPending} options={options} className="full" />;
}

/** Days of the workspace, as YYYY-MM-DD. */
export function DayRange({ from, to, onChange }: { from?: string; to?: string; onChange: (from: string | null, to: string | null) => void }) {
  const { t } = useI18n();
  return (
    <DatePicker.RangePicker
      className="full" allowEmpty={[true, true]} placeholder={[t("word.from"), t("word.to")]}
      value={[from ? dayjs(from) : null, to ? dayjs(to) : null]}
      onChange={(range) => onChange(range?.[0]?.format("YYYY-MM-DD") ?? null, range?.[1]?.format("YYYY-MM-DD") ?? null)}
    />
  );
}
