// One person, looked for by name, phone or number.
import { useQuery } from "@tanstack/react-query";
import { Select } from "antd";
import { useState } from "react";
import { home } from "../api/calls";
import { keys } from "../api/keys";
import { useI18n } from "../i18n";
import { useSettled } from "../shell/parts";

export function PersonSelect({ value, onChange }: { value: string | undefined; onChange: (id: string | undefined) => void }) {
  const { t } = useI18n();
  const [typed, type] = useState("");
  const q = useSettled(typed.trim());
  const found = useQuery({ queryKey: keys.search(q), queryFn: ({ signal }) => home.search(q, signal), enabled: q.length > 0 });
  const hits = (found.data?.items ?? []).filter((hit) => hit.type === "person");
  return (
    <Select
      allowClear showSearch={{ filterOption: false, onSearch: type }} className="full" placeholder={t("materials.reader_none")} value={value} onChange={(next?: string) => onChange(next)} loading={found.isFetching}
      options={hits.map((hit) => ({ value: hit.id, label: [hit.title, hit.subtitle].filter(Boolean).join(" · ") }))} notFoundContent={null} aria-label={t("materials.reader")}
    />
  );
}
