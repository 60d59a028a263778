// Profile fields, edited where they stand. The registry says each field's type; fields it does not know yet keep theirs.
import { EditOutlined, LockOutlined, PlusOutlined } from "@ant-design/icons";
import { useMutation, useQuery } from "@tanstack/react-query";
import { AutoComplete, Button, Skeleton, Tooltip } from "antd";
import { useState } from "react";
import { fields as registry, people as api } from "../../api/calls";
import { keys } from "../../api/keys";
import type { Field, FieldType, Json, Person } from "../../api/types";
import { useFormat } from "../../format/useFormat";
import { useI18n } from "../../i18n";
import { EmptyHint, MayButton } from "../../shell/parts";
import { useCan } from "../../shell/session";
import { FieldInput } from "./FieldInput";
import { typeOfValue } from "./fieldValue";
import { usePersonChanged } from "./usePerson";

export function Fields({ asked, person }: { asked: string; person: Person }) {
  const { t } = useI18n();
  const known = useQuery({ queryKey: keys.fields, queryFn: registry.list, staleTime: 60_000 });
  const [adding, setAdding] = useState<string | null>(null);
  if (known.isPending) return <div className="panel pad"><Skeleton active /></div>;
  const byName = new Map((known.data?.items ?? []).map((field) => [field.name, field]));
  const names = [...new Set([...Object.keys(person.traits), ...(adding ? [adding] : [])])];
  const free = [...byName.values()].filter((field) => !(field.name in person.traits));
  return (
    <section className="panel">
      {names.length === 0 ? <EmptyHint title={t("fields.person_none")}>{t("fields.person_none_text")}</EmptyHint> : null}
      <dl className="field-list">
        {names.map((name) => (
          <FieldRow
            key={name} asked={asked} name={name} field={byName.get(name)} value={(person.traits[name] ?? null) as Json} editing={name === adding}
            onDone={() => setAdding(null)}
          />
        ))}
      </dl>
      <AddField free={free} onAdd={setAdding} />
    </section>
  );
}

function AddField({ free, onAdd }: { free: Field[]; onAdd: (name: string) => void }) {
  const { t, label } = useI18n();
  const can = useCan();
  const [name, setName] = useState("");
  if (!can("people.write")) return null;
  return (
    <div className="row add-field">
      <AutoComplete
        value={name} onChange={setName} placeholder={t("fields.choose")} className="field" aria-label={t("fields.choose")}
        options={free.filter((field) => `${field.name} ${label(field)}`.includes(name)).map((field) => ({ value: field.name, label: `${label(field)} · ${field.name}` }))}
      />
      <Button icon={<PlusOutlined />} disabled={!name.trim()} onClick={() => {
        onAdd(name.trim());
        setName("");
      }}>{t("fields.fill")}</Button>
    </div>
  );
}

function FieldRow({ asked, name, field, value, editing: first, onDone }: {
  asked: string; name: string; field?: Field; value: Json; editing: boolean; onDone: () => void;
}) {
  const { t, label } = useI18n();
  const changed = usePersonChanged(asked);
  const [editing, setEditing] = useState(first);
  const type: FieldType = field?.type ?? typeOfValue(value);
  const close = () => {
    setEditing(false);
    onDone();
  };
  const save = useMutation({
    mutationFn: (next: Json) => api.change(asked, { [name]: next }),
    onSuccess: (person) => {
      changed(person);
      close();
    },
  });
  return (
    <div className="field-row">
      <dt><span>{field ? label(field) : name}</span>{field?.sensitive ? <Tooltip title={t("fields.sensitive")}><LockOutlined className="lock" /></Tooltip> : null}<code className="muted">{name}</code></dt>
      <dd>
        {editing ? <FieldInput type={type} value={value} saving={save.isPending} onSave={save.mutate} onCancel={close} /> : (
          <>
            <FieldValue type={type} value={value} />
            <MayButton permission="people.write" type="text" size="small" icon={<EditOutlined />} aria-label={`${t("action.edit")} ${name}`} onClick={() => setEditing(true)} />
          </>
        )}
      </dd>
    </div>
  );
}

function FieldValue({ type, value }: { type: FieldType; value: Json }) {
  const { t } = useI18n();
  const format = useFormat();
  if (value === null) return <span className="muted">–</span>;
  if (typeof value === "boolean") return <span>{value ? t("word.yes") : t("word.no")}</span>;
  if (Array.isArray(value)) return <span className="break">{value.map((item) => (typeof item === "object" ? JSON.stringify(item) : String(item))).join(", ")}</span>;
  if (typeof value === "object") return <code className="break">{JSON.stringify(value)}</code>;
  if (type === "datetime" && typeof value === "string") return <span className="num">{format.at(value, true)}</span>;
  return <span className="num break">{String(value)}</span>;
}
