// Which store a department is: by its name, or as somebody chose it.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Select, Skeleton, Table, Tag as AntTag } from "antd";
import { commerce, wecom as api } from "../../api/calls";
import { put } from "../../api/client";
import { keys } from "../../api/keys";
import { useFormat } from "../../format/useFormat";
import { useI18n } from "../../i18n";
import { ErrorView } from "../../shell/errors";
import { Num } from "../../shell/parts";

const BY_NAME = "\u0000";

export function Stores() {
  const { t } = useI18n();
  const format = useFormat();
  const { message } = App.useApp();
  const client = useQueryClient();
  const departments = useQuery({ queryKey: keys.wecomPart("departments"), queryFn: api.departments });
  const stores = useQuery({ queryKey: keys.stores({ limit: 200 }), queryFn: () => commerce.stores({ limit: 200 }), staleTime: 60_000 });
  const choose = useMutation({
    mutationFn: ({ id, store }: { id: number; store: string }) => put("/wecom/departments/{id}/store", { path: { id }, body: { store: store === BY_NAME ? null : store } }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: keys.wecom });
      void message.success(t("action.saved"));
    },
  });
  if (departments.isError) return <ErrorView error={departments.error} retry={() => void departments.refetch()} />;
  if (!departments.data) return <div className="panel pad"><Skeleton active /></div>;
  type Row = (typeof departments.data.items)[number];
  const name = new Map((stores.data?.items ?? []).map((own) => [own.code, own.name || own.code]));
  const byName = (row: Row) => (row.chosen || !row.store ? t("stores.by_name_none") : t("stores.by_name", { store: name.get(row.store) ?? row.store }));
  const options = (row: Row) => [
    { value: BY_NAME, label: row.chosen ? t("stores.by_name", { store: "…" }) : byName(row) },
    { value: "", label: t("stores.none") },
    ...(stores.data?.items ?? []).map((own) => ({ value: own.code, label: own.name ? `${own.name} · ${own.code}` : own.code })),
  ];
  return (
    <div className="stack tight">
      <p className="muted">{t("stores.map_hint")}</p>
      <div className="panel list">
        <Table<Row>
          size="middle" scroll={{ x: "max-content" }} rowKey={(row) => row.id} dataSource={departments.data.items} pagination={departments.data.items.length > 100 ? { pageSize: 100 } : false}
          columns={[
            { title: t("stores.department"), render: (_, row) => <>{row.name || `#${row.id}`} {row.chosen ? <AntTag color="blue">{t("stores.chosen")}</AntTag> : null}</> },
            { title: t("stores.people"), align: "right", render: (_, row) => <Num>{format.count(row.staff)}</Num> },
            {
              title: t("staff.store"), render: (_, row) => (
                <Select
                  className="w-260" aria-label={`${t("staff.store")} ${row.name}`} showSearch={{ optionFilterProp: "label" }} value={row.chosen ? (row.store ?? "") : BY_NAME} loading={choose.isPending && choose.variables?.id === row.id}
                  onChange={(store) => choose.mutate({ id: row.id, store })} options={options(row)}
                />
              ),
            },
          ]}
        />
      </div>
    </div>
  );
}
