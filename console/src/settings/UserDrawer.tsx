// Adding a colleague, or changing one: role, what they may see, password.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Drawer, Form, Input, Radio, Select, Switch } from "antd";
import { useState } from "react";
import { admin as api, commerce } from "../api/calls";
import { keys } from "../api/keys";
import type { Role, User, UserInput } from "../api/types";
import { useI18n } from "../i18n";
import { StaffSelect } from "../handover/parts";
import { useErrorText } from "../shell/errors";
import { useCan, useSession } from "../shell/session";

const ROLES: Role[] = ["owner", "operator", "analyst", "store_manager", "guide", "read_only"];

export function UserDrawer({ user, open, onClose }: { user: User | null; open: boolean; onClose: () => void }) {
  const { t } = useI18n();
  return (
    <Drawer open={open} onClose={onClose} size={440} title={user ? t("users.edit", { name: user.name }) : t("users.add")} destroyOnHidden>
      <UserForm user={user} onClose={onClose} />
    </Drawer>
  );
}

interface Draft { email: string; name: string; role: Role; everything: boolean; regions?: string[]; stores?: string[]; password?: string; active: boolean }

function UserForm({ user, onClose }: { user: User | null; onClose: () => void }) {
  const { t, word } = useI18n();
  const text = useErrorText();
  const { message } = App.useApp();
  const session = useSession();
  const client = useQueryClient();
  const [everything, setEverything] = useState(user?.scope.all ?? true);
  const save = useMutation({
    meta: { quiet: true },
    mutationFn: (draft: Draft) => {
      const scope = draft.everything ? { all: true, regions: [], stores: [] } : { all: false, regions: draft.regions ?? [], stores: draft.stores ?? [] };
      const input = { name: draft.name.trim(), role: draft.role, scope };
      if (!user) return api.addUser({ ...input, email: draft.email.trim(), password: draft.password ?? "" });
      const changed: UserInput = { ...input, state: draft.active ? "active" : "disabled" };
      if (draft.password) changed.password = draft.password;
      return api.changeUser(user.id, changed).then((saved) => (staff === (user.staff ?? "") ? saved : api.bindStaff(user.id, staff || null)));
    },
    onSuccess: () => {
      void message.success(user ? t("action.saved") : t("users.added"));
      void client.invalidateQueries({ queryKey: keys.users });
      void client.invalidateQueries({ queryKey: keys.overview });
      onClose();
    },
  });
  const [staff, setStaff] = useState(user?.staff ?? "");
  const self = user?.id === session.user.id;
  return (
    <Form<Draft>
      layout="vertical" requiredMark={false} onFinish={save.mutate}
      initialValues={{ email: user?.email, name: user?.name, role: user?.role ?? "operator", everything, regions: user?.scope.regions, stores: user?.scope.stores, active: user?.state !== "disabled" }}
    >
      <Form.Item name="email" label={t("login.email")} rules={[{ required: true, type: "email", message: t("setup.email_needed") }]}><Input disabled={Boolean(user)} autoComplete="off" /></Form.Item>
      <Form.Item name="name" label={t("setup.your_name")} rules={[{ required: true, whitespace: true, message: t("setup.name_needed") }]}><Input maxLength={80} /></Form.Item>
      <Form.Item name="role" label={t("users.role")} extra={self ? t("users.self") : undefined}>
        <Select disabled={self} options={ROLES.map((role) => ({ value: role, label: `${word("role", role)} · ${word("role.why", role)}` }))} />
      </Form.Item>
      <Form.Item name="everything" label={t("users.scope")}>
        <Radio.Group disabled={self} onChange={(event) => setEverything(event.target.value as boolean)} options={[{ value: true, label: t("users.scope_all") }, { value: false, label: t("users.scope_some") }]} />
      </Form.Item>
      {everything ? null : <ScopeFields />}
      {user ? <Form.Item label={t("users.staff")} extra={t("users.staff_hint")} htmlFor="user-staff"><StaffSelect id="user-staff" multiple={false} value={staff ? [staff] : []} onChange={(next) => setStaff(next[0] ?? "")} /></Form.Item> : null}
      <Form.Item name="password" label={user ? t("users.new_password") : t("users.first_password")} extra={user ? t("users.password_keep") : t("users.password_hint")} rules={[{ required: !user, min: 10, message: t("password.short") }]}>
        <Input.Password autoComplete="new-password" />
      </Form.Item>
      {user ? <Form.Item name="active" label={t("users.active")} valuePropName="checked"><Switch disabled={self} /></Form.Item> : null}
      {save.error ? <Alert type="error" showIcon title={text(save.error)} className="form-gap" /> : null}
      <Button type="primary" htmlType="submit" loading={save.isPending}>{user ? t("action.save") : t("users.add")}</Button>
    </Form>
  );
}

function ScopeFields() {
  const { t } = useI18n();
  const may = useCan()("orders.read");
  const stores = useQuery({ queryKey: keys.stores({ limit: 200 }), queryFn: () => commerce.stores({ limit: 200 }), enabled: may, staleTime: 60_000 });
  const items = stores.data?.items ?? [];
  const regions = [...new Set(items.flatMap((store) => (store.region ? [store.region] : [])))];
  return (
    <>
      <Form.Item name="regions" label={t("users.regions")}><Select mode="tags" options={regions.map((value) => ({ value }))} /></Form.Item>
      <Form.Item name="stores" label={t("nav.stores")}><Select mode="tags" showSearch={{ optionFilterProp: "label" }} options={items.map((store) => ({ value: store.code, label: store.name ? `${store.name} · ${store.code}` : store.code }))} /></Form.Item>
    </>
  );
}
