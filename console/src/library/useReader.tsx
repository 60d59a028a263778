// Who reads it: a person, and the member of staff who sends it.
import { useQuery } from "@tanstack/react-query";
import { Form, Select } from "antd";
import { useState } from "react";
import { home, wecom } from "../api/calls";
import { keys } from "../api/keys";
import { useI18n } from "../i18n";
import { useErrorText } from "../shell/errors";
import { useSettled } from "../shell/parts";
import { materialKeys, materials as api } from "./calls";

export function useReader(id: string, version: number) {
  const { t } = useI18n();
  const text = useErrorText();
  const [typed, type] = useState("");
  const q = useSettled(typed.trim());
  const [person, setPerson] = useState<string>();
  const [staff, setStaff] = useState<string>();
  const found = useQuery({ queryKey: keys.search(q), queryFn: ({ signal }) => home.search(q, signal), enabled: q.length > 0 });
  const members = useQuery({ queryKey: keys.wecomPart("staff", { serving: true, limit: 200 }), queryFn: () => wecom.staff({ serving: true, limit: 200 }), staleTime: 60_000, meta: { quiet: true } });
  const body = { person: person ?? null, staff: staff ?? null, version };
  const tried = useQuery({ queryKey: materialKeys.preview(id, body), queryFn: ({ signal }) => api.preview(id, body, signal), retry: false, meta: { quiet: true }, placeholderData: (before) => before });
  const hits = (found.data?.items ?? []).filter((hit) => hit.type === "person");
  const form = (
    <Form layout="vertical" component="div">
      <div className="halves">
        <Form.Item label={t("materials.reader")} className="flat">
          <Select
            allowClear showSearch={{ filterOption: false, onSearch: type }} className="full" placeholder={t("materials.reader_none")} value={person} onChange={(next?: string) => setPerson(next)} loading={found.isFetching}
            options={hits.map((hit) => ({ value: hit.id, label: [hit.title, hit.subtitle].filter(Boolean).join(" · ") }))} notFoundContent={null} aria-label={t("materials.reader")}
          />
        </Form.Item>
        <Form.Item label={t("materials.sender")} className="flat">
          <Select allowClear className="full" showSearch={{ optionFilterProp: "label" }} value={staff} onChange={(next?: string) => setStaff(next)} placeholder={t("materials.sender_none")} options={members.data?.items.map((own) => ({ value: own.userid, label: own.name || own.userid }))} aria-label={t("materials.sender")} />
        </Form.Item>
      </div>
    </Form>
  );
  return { form, tried: tried.error ? undefined : tried.data, error: tried.error ? text(tried.error) : "" };
}
