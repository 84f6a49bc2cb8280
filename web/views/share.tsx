import { useState } from 'preact/hooks';
import type { AccessView, EntryView, RightsView, ShareView } from '../../src/model/api.ts';
import { formatFullTime } from '../client/format.ts';
import { expiresAfter, lifetimes, rightsWords, sharing } from '../client/sharing.ts';
import { attempt } from '../client/state.ts';
import { CopyField } from '../components/copy-field.tsx';
import { DialogPanel } from '../components/dialog.tsx';
import { Field } from '../components/field.tsx';
import { Icon } from '../components/icon.tsx';
import { Select } from '../components/select.tsx';
import { SubmitForm } from '../components/submit-form.tsx';
import { useLoaded } from './use-loaded.ts';

/** Who else may reach an entry: by a link, or with an account. */
export function ShareDialog({ entry, onClose }: { entry: EntryView; onClose(): void }) {
  return (
    <DialogPanel title={`Share “${entry.name}”`} onClose={onClose}>
      <LinkSection entry={entry} />
      <PeopleSection entry={entry} />
    </DialogPanel>
  );
}

/** A file can be seen or changed; only into a folder something can be dropped. */
function rightsFor(entry: EntryView): { value: RightsView; label: string }[] {
  const rights: RightsView[] = entry.kind === 'folder' ? ['view', 'edit', 'upload'] : ['view', 'edit'];
  return rights.map((value) => ({ value, label: rightsWords[value] }));
}

function LinkSection({ entry }: { entry: EntryView }) {
  const [links, reload] = useLoaded(async () => {
    const { items } = await sharing.links();
    return items.filter((link) => link.entryId === entry.id && link.state === 'live');
  });
  const [isNew, setNew] = useState(false);
  const revoke = (link: ShareView) =>
    attempt(async () => {
      await sharing.revokeLink(link.id);
      await reload();
    });
  return (
    <section class="stack" aria-labelledby="share-link">
      <h3 id="share-link">With a link</h3>
      {links?.map((link) => (
        <div key={link.id} class="link">
          <CopyField label={linkWords(link)} text={link.url} />
          <button type="button" class="button danger" onClick={() => void revoke(link)}>
            End this link
          </button>
        </div>
      ))}
      {isNew || links?.length === 0 ? (
        <NewLink
          entry={entry}
          onMade={() => {
            setNew(false);
            void reload();
          }}
        />
      ) : (
        links && (
          <button type="button" class="button" onClick={() => setNew(true)}>
            <Icon name="plus" />
            Another link
          </button>
        )
      )}
    </section>
  );
}

function linkWords({ rights, hasPassword, expiresAt, maxDownloads, downloads }: ShareView): string {
  const until = expiresAt === null ? 'without an end' : `until ${formatFullTime(expiresAt)}`;
  const used = maxDownloads === null ? '' : `, used ${downloads} of ${maxDownloads} times`;
  return `Who has it ${rightsWords[rights]}, ${until}${hasPassword ? ', with the password' : ''}${used}`;
}

function NewLink({ entry, onMade }: { entry: EntryView; onMade(): void }) {
  const [rights, setRights] = useState<RightsView>('view');
  const [days, setDays] = useState('7');
  const [password, setPassword] = useState('');
  const [limit, setLimit] = useState('');
  const make = async () => {
    await sharing.createLink({
      entryId: entry.id,
      rights,
      expiresAt: expiresAfter(days === '' ? null : Number(days)),
      ...(password === '' ? {} : { password }),
      ...(limit === '' ? {} : { maxDownloads: Number(limit) }),
    });
    onMade();
  };
  return (
    <SubmitForm submit="Make a link" busy="Making a link…" onSubmit={make}>
      <div class="pair">
        <Select label="Who has the link" value={rights} options={rightsFor(entry)} onChange={setRights} />
        <Select
          label="Good for"
          value={days}
          options={lifetimes.map((life) => ({ value: String(life.days ?? ''), label: life.label }))}
          onChange={setDays}
        />
        <Field
          label="Password, if you want one"
          type="password"
          value={password}
          onInput={setPassword}
          autocomplete="off"
        />
        <Field label="Times it may be used" value={limit} onInput={setLimit} inputMode="numeric" />
      </div>
    </SubmitForm>
  );
}

function PeopleSection({ entry }: { entry: EntryView }) {
  const [people, reload] = useLoaded(async () => (await sharing.access(entry.id)).items);
  const [username, setUsername] = useState('');
  const [rights, setRights] = useState<RightsView>('view');
  const give = async () => {
    await sharing.giveAccess(entry.id, username, rights);
    setUsername('');
    await reload();
  };
  const take = (person: AccessView) =>
    attempt(async () => {
      await sharing.takeAccess(entry.id, person.username);
      await reload();
    });
  return (
    <section class="stack" aria-labelledby="share-people">
      <h3 id="share-people">With people who have an account here</h3>
      {people && people.length > 0 && (
        <ul aria-label="People with access">
          {people.map((person) => (
            <li key={person.username} class="toolbar">
              <span class="grow">
                <strong>{person.username}</strong> <span class="muted">{rightsWords[person.rights]}</span>
              </span>
              <button
                type="button"
                class="button quiet icon-only"
                aria-label={`Take access from ${person.username}`}
                onClick={() => void take(person)}
              >
                <Icon name="close" />
              </button>
            </li>
          ))}
        </ul>
      )}
      <SubmitForm submit="Share" busy="Sharing…" onSubmit={give}>
        <div class="pair">
          <Field label="User name" value={username} onInput={setUsername} autocomplete="off" required />
          <Select label="This person" value={rights} options={rightsFor(entry)} onChange={setRights} />
        </div>
      </SubmitForm>
    </section>
  );
}
