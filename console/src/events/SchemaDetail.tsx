import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Checkbox, Segmented, Select, Switch } from "antd";
import { events as api } from "../api/calls";
import { keys } from "../api/keys";
import type { SchemaEvent, SchemaPatch, SchemaProperty } from "../api/types";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { useCan } from "../shell/session";

const TYPES = ["string", "number", "boolean", "array", "object"];

export function SchemaDetail({ event }: { event: SchemaEvent }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const { message } = App.useApp();
  const can = useCan();
  const client = useQueryClient();
  const may = can("schema.write");
  const save = useMutation({
    mutationFn: (input: SchemaPatch) => api.changeSchema(event.type, event.name, input),
    onSuccess: () => {
      void message.success(t("action.saved"));
      void client.invalidateQueries({ queryKey: keys.schema });
    },
  });
  const change = (property: SchemaProperty, next: Partial<SchemaProperty>) => {
    const { name, locked_type, required } = { ...property, ...next };
    save.mutate({ properties: [{ name, locked_type, required }] });
  };
  // The server may know more types than this list; a locked one must stay choosable.
  const options = (property: SchemaProperty) => [...new Set([...TYPES, ...property.types, ...(property.locked_type ? [property.locked_type] : [])])]
    .map((type) => ({ value: type, label: word("prop", type) }));
  return (
    <div className="schema-props">
      <div className="row">
        <label className="row"><Switch checked={event.locked} disabled={!may || save.isPending} onChange={(locked) => save.mutate({ locked })} />{t("schema.lock")}</label>
        <span className="muted small">{event.locked ? t("schema.lock_on") : t("schema.lock_off")}</span>
      </div>
      <div className="row">
        <span>{t("schema.unknown")}</span>
        <Segmented<"allow" | "quarantine">
          size="small" disabled={!may || save.isPending} value={event.unknown} options={[{ value: "allow", label: t("schema.allow") }, { value: "quarantine", label: t("schema.quarantine") }]}
          onChange={(unknown) => save.mutate({ unknown })}
        />
      </div>
      {may ? null : <span className="muted small">{t("error.needs", { permission: word("perm", "schema.write") })}</span>}
      <div>
        <div className="prop-grid head"><span>{t("schema.property")}</span><span>{t("schema.seen_types")}</span><span>{t("schema.locked_type")}</span><span>{t("schema.required")}</span><span>{t("schema.sample")}</span></div>
        {event.properties.map((property) => (
          <div className="prop-grid" key={property.name}>
            <span><code>{property.name}</code></span>
            <span className="small">{property.types.map((type) => word("prop", type)).join(" / ")}</span>
            <Select
              size="small" allowClear disabled={!may} value={property.locked_type ?? undefined} placeholder={t("schema.any")} options={options(property)} aria-label={`${t("schema.locked_type")} ${property.name}`}
              onChange={(type) => change(property, { locked_type: type ?? null })}
            />
            <Checkbox checked={property.required} disabled={!may} aria-label={`${t("schema.required")} ${property.name}`} onChange={(box) => change(property, { required: box.target.checked })}><span className="only-phone">{t("schema.required")}</span></Checkbox>
            <code className="muted small">{property.sample?.slice(0, 120) ?? "–"}</code>
          </div>
        ))}
      </div>
      <div className="muted small num">{t("schema.first", { at: format.at(event.first_seen_at) })}</div>
    </div>
  );
}
