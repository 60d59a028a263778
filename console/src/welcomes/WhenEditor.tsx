// Whom a welcome greets: everything given must hold.
import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Button, Form, Select, TimePicker } from "antd";
import dayjs from "dayjs";
import { commerce, wecom } from "../api/calls";
import { keys } from "../api/keys";
import { useI18n } from "../i18n";
import { useTags } from "../people/pickers";
import { useCan } from "../shell/session";
import { HISTORIES, type Hours, type When } from "./shapes";

export function WhenEditor({ when, onChange }: { when: When; onChange: (when: When) => void }) {
  const { t } = useI18n();
  const mayStores = useCan()("orders.read");
  const tags = useTags();
  const staff = useQuery({ queryKey: keys.wecomPart("staff", { serving: true, limit: 200 }), queryFn: () => wecom.staff({ serving: true, limit: 200 }), staleTime: 60_000 });
  const departments = useQuery({ queryKey: keys.wecomPart("departments"), queryFn: wecom.departments, staleTime: 300_000 });
  const stores = useQuery({ queryKey: keys.stores({ limit: 200 }), queryFn: () => commerce.stores({ limit: 200 }), enabled: mayStores, staleTime: 60_000 });
  const many = { mode: "multiple" as const, className: "full", showSearch: { optionFilterProp: "label" }, placeholder: t("welcomes.any") };
  const hours = when.hours ?? [];
  const setHours = (next: Hours[]) => onChange({ ...when, hours: next });
  return (
    <>
      <div className="halves">
        <Form.Item label={t("welcomes.when.channels")} extra={t("welcomes.when.channels_hint")}>
          <Select {...many} mode="tags" value={when.channels} onChange={(channels: string[]) => onChange({ ...when, channels })} options={[{ value: "", label: t("welcomes.no_channel") }]} tokenSeparators={[",", "，", " "]} aria-label={t("welcomes.when.channels")} />
        </Form.Item>
        <Form.Item label={t("welcomes.when.history")}>
          <Select {...many} value={when.history} onChange={(history: When["history"]) => onChange({ ...when, history })} options={HISTORIES.map((value) => ({ value, label: t(`welcomes.history.${value}`) }))} aria-label={t("welcomes.when.history")} />
        </Form.Item>
        <Form.Item label={t("welcomes.when.staff")}>
          <Select {...many} value={when.staff} onChange={(list: string[]) => onChange({ ...when, staff: list })} options={staff.data?.items.map((own) => ({ value: own.userid, label: own.name || own.userid }))} aria-label={t("welcomes.when.staff")} />
        </Form.Item>
        <Form.Item label={t("welcomes.when.stores")}>
          <Select {...many} value={when.stores} onChange={(list: string[]) => onChange({ ...when, stores: list })} options={stores.data?.items.map((own) => ({ value: own.code, label: own.name || own.code }))} aria-label={t("welcomes.when.stores")} />
        </Form.Item>
        <Form.Item label={t("welcomes.when.departments")}>
          <Select {...many} value={when.departments} onChange={(list: number[]) => onChange({ ...when, departments: list })} options={departments.data?.items.map((own) => ({ value: own.id, label: own.name || `#${own.id}` }))} aria-label={t("welcomes.when.departments")} />
        </Form.Item>
        <Form.Item label={t("welcomes.when.tags")}>
          <Select
            {...many} value={when.tags} onChange={(list: string[]) => onChange({ ...when, tags: list })} aria-label={t("welcomes.when.tags")}
            options={(tags.data?.groups ?? []).map((group) => ({ label: group.name, options: group.tags.map((tag) => ({ value: tag.id, label: tag.name })) })).filter((group) => group.options.length > 0)}
          />
        </Form.Item>
      </div>
      <Form.Item label={t("welcomes.when.hours")}>
        <div className="stack tight">
          {hours.map((own, at) => (
            <div className="row" key={at}>
              <Select
                mode="multiple" className="w-260" placeholder={t("welcomes.every_day")} value={own.days} aria-label={t("welcomes.days")}
                onChange={(days: number[]) => setHours(hours.map((other, place) => (place === at ? { ...own, days } : other)))}
                options={[1, 2, 3, 4, 5, 6, 7].map((day) => ({ value: day, label: t(`welcomes.day.${day as 1}`) }))}
              />
              <TimePicker.RangePicker
                format="HH:mm" minuteStep={15} order={false} allowClear={false} value={[dayjs(`2026-01-01 ${own.from}`), dayjs(`2026-01-01 ${own.to}`)]}
                onChange={(range) => setHours(hours.map((other, place) => (place === at && range?.[0] && range[1] ? { ...own, from: range[0].format("HH:mm"), to: range[1].format("HH:mm") } : other)))}
              />
              <Button type="text" icon={<DeleteOutlined />} aria-label={t("action.delete")} onClick={() => setHours(hours.filter((_, place) => place !== at))} />
            </div>
          ))}
          <Button className="start" icon={<PlusOutlined />} onClick={() => setHours([...hours, { days: [], from: "09:00", to: "21:00" }])}>{t("welcomes.hours_add")}</Button>
        </div>
      </Form.Item>
    </>
  );
}
