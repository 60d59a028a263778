// Who reads it: a person, and the member of staff who sends it.
import { useQuery } from "@tanstack/react-query";
import { Form, Select } from "antd";
import { useState } from "react";
import { wecom } from "../api/calls";
import { keys } from "../api/keys";
import { useI18n } from "../i18n";
import { PersonSelect } from "../people/PersonSelect";
import { useErrorText } from "../shell/errors";
import { materialKeys, materials as api } from "./calls";

export function useReader(id: string, version: number) {
  const { t } = useI18n();
  const text = useErrorText();
  const [person, setPerson] = useState<string>();
  const [staff, setStaff] = useState<string>();
  const members = useQuery({ queryKey: keys.wecomPart("staff", { serving: true, limit: 200 }), queryFn: () => wecom.staff({ serving: true, limit: 200 }), staleTime: 60_000, meta: { quiet: true } });
  const body = { person: person ?? null, staff: staff ?? null, version };
  const tried = useQuery({ queryKey: materialKeys.preview(id, body), queryFn: ({ signal }) => api.preview(id, body, signal), retry: false, meta: { quiet: true }, placeholderData: (before) => before });
  const form = (
    <Form layout="vertical" component="div">
      <div className="halves">
        <Form.Item label={t("materials.reader")} className="flat">
          <PersonSelect value={person} onChange={setPerson} />
        </Form.Item>
        <Form.Item label={t("materials.sender")} className="flat">
          <Select allowClear className="full" showSearch={{ optionFilterProp: "label" }} value={staff} onChange={(next?: string) => setStaff(next)} placeholder={t("materials.sender_none")} options={members.data?.items.map((own) => ({ value: own.userid, label: own.name || own.userid }))} aria-label={t("materials.sender")} />
        </Form.Item>
      </div>
    </Form>
  );
  return { form, tried: tried.error ? undefined : tried.data, error: tried.error ? text(tried.error) : "" };
}
