import { useState } from 'preact/hooks';
import type { AccessView, EntryView, RightsView, ShareView } from '../../../src/model/api.ts';
import { say } from '../../client/messages.ts';
import { expiresAfter, lifetimes, rightsWords, sharing } from '../../client/sharing.ts';
import { attempt, user } from '../../client/state.ts';
import { formatFullTime } from '../../client/words/format.ts';
import { reachWarning } from '../../client/words/reach.ts';
import { DialogPanel } from '../../components/dialog.tsx';
import { CopyField } from '../../components/form/copy-field.tsx';
import { Field } from '../../components/form/field.tsx';
import { Select } from '../../components/form/select.tsx';
import { SubmitForm } from '../../components/form/submit-form.tsx';
import { Icon } from '../../components/icon.tsx';
import { QrCode } from '../../components/qr-code.tsx';
import { t } from '../../words/words.ts';
import { useQuery } from '../use-query.ts';
import { EndLinkDialog } from './end-link.tsx';

/** Who else may reach an entry: by a link, or with an account. */
export function ShareDialog({ entry, onClose }: { entry: EntryView; onClose(): void }) {
  return (
    <DialogPanel title={t('Share “{name}”', { name: entry.name })} onClose={onClose}>
      <PeopleSection entry={entry} />
      <LinkSection entry={entry} />
    </DialogPanel>
  );
}

/** A file can be seen or changed; only into a folder something can be dropped. */
function rightsFor(entry: EntryView): { value: RightsView; label: string }[] {
  const rights: RightsView[] = entry.kind === 'folder' ? ['view', 'edit', 'upload'] : ['view', 'edit'];
  return rights.map((value) => ({ value, label: t(rightsWords[value]) }));
}

function LinkSection({ entry }: { entry: EntryView }) {
  const { answer: links, reload } = useQuery(async () => {
    const { items } = await sharing.links();
    return items.filter((link) => link.entryId === entry.id && link.state === 'live');
  });
  const [isNew, setNew] = useState(false);
  const [ending, setEnding] = useState<ShareView | null>(null);
  return (
    <section class="stack" aria-labelledby="share-link">
      <h3 id="share-link">{t('Share with a link')}</h3>
      {links?.map((link) => (
        <LinkCard key={link.id} link={link} onEnd={() => setEnding(link)} />
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
            {t('Another link')}
          </button>
        )
      )}
      {ending && <EndLinkDialog link={ending} onClose={() => setEnding(null)} onEnded={reload} />}
    </section>
  );
}

function LinkCard({ link, onEnd }: { link: ShareView; onEnd(): void }) {
  const [showsQr, setShowsQr] = useState(false);
  const warning = reachWarning(new URL(link.url, location.href).host);
  return (
    <div class="link">
      <CopyField label={linkWords(link)} text={link.url} />
      {warning && <p class="notice warn">{warning}</p>}
      {link.note !== '' && <p class="muted">{t('Note: {note}', { note: link.note })}</p>}
      {showsQr && <QrCode text={link.url} label={t('QR code that opens this link')} />}
      <div class="toolbar">
        <button type="button" class="button" aria-expanded={showsQr} onClick={() => setShowsQr(!showsQr)}>
          {showsQr ? t('Hide QR code') : t('Show QR code')}
        </button>
        <button type="button" class="button danger" onClick={onEnd}>
          {t('End this link…')}
        </button>
      </div>
    </div>
  );
}

function linkWords({ rights, hasPassword, expiresAt, maxDownloads, downloads }: ShareView): string {
  const who = hasPassword
    ? t('Anyone with the link {rights} with the password', { rights: t(rightsWords[rights]) })
    : t('Anyone with the link {rights}', { rights: t(rightsWords[rights]) });
  const until =
    expiresAt === null ? t('never expires') : t('expires {at}', { at: formatFullTime(expiresAt) });
  const used =
    maxDownloads === null ? [] : [t('{downloads} of {max} downloads used', { downloads, max: maxDownloads })];
  return [who, until, ...used].join(', ');
}

function NewLink({ entry, onMade }: { entry: EntryView; onMade(): void }) {
  const [rights, setRights] = useState<RightsView>('view');
  const [days, setDays] = useState('7');
  const [password, setPassword] = useState('');
  const [limit, setLimit] = useState('');
  const [note, setNote] = useState('');
  const make = async () => {
    if (!/^\d*$/.test(limit.trim()) || limit.trim() === '0') {
      throw new Error(t('Enter a whole number of downloads, or leave the field empty for no limit.'));
    }
    await sharing.createLink({
      entryId: entry.id,
      rights,
      expiresAt: expiresAfter(days === '' ? null : Number(days)),
      ...(password === '' ? {} : { password }),
      ...(limit.trim() === '' ? {} : { maxDownloads: Number(limit) }),
      ...(note === '' ? {} : { note }),
    });
    onMade();
  };
  return (
    <SubmitForm submit={t('Create link')} busy={t('Creating link…')} onSubmit={make}>
      <div class="pair">
        <Select
          label={t('Anyone with the link')}
          value={rights}
          options={rightsFor(entry)}
          onChange={setRights}
        />
        <Select
          label={t('Expires after')}
          value={days}
          options={lifetimes.map((life) => ({ value: String(life.days ?? ''), label: t(life.label) }))}
          onChange={setDays}
        />
      </div>
      <details class="more-options">
        <summary>{t('More options')}</summary>
        <div class="pair">
          <Field
            label={t('Password (optional)')}
            type="password"
            value={password}
            onInput={setPassword}
            autocomplete="off"
          />
          <Field label={t('Maximum downloads')} value={limit} onInput={setLimit} inputMode="numeric" />
          <Field label={t('Note to yourself')} value={note} onInput={setNote} maxLength={1000} />
        </div>
      </details>
    </SubmitForm>
  );
}

function PeopleSection({ entry }: { entry: EntryView }) {
  const { answer: people, reload } = useQuery(async () => (await sharing.access(entry.id)).items);
  const known = useQuery(knownPeople);
  const [username, setUsername] = useState('');
  const [rights, setRights] = useState<RightsView>('view');
  const give = async () => {
    await sharing.giveAccess(entry.id, username, rights);
    setUsername('');
    await reload();
  };
  const change = (person: AccessView, wanted: RightsView) =>
    attempt(async () => {
      await sharing.giveAccess(entry.id, person.username, wanted);
      await reload();
    });
  const take = (person: AccessView) =>
    attempt(async () => {
      await sharing.takeAccess(entry.id, person.username);
      say(t('{username} can no longer open “{name}”.', { username: person.username, name: entry.name }), {
        undo: () =>
          void attempt(() => sharing.giveAccess(entry.id, person.username, person.rights).then(reload)),
      });
      await reload();
    });
  const others = known.answer?.filter((name) => !people?.some((person) => person.username === name));
  return (
    <section class="stack" aria-labelledby="share-people">
      <h3 id="share-people">{t('Share with people who have an account')}</h3>
      {people && people.length > 0 && (
        <ul aria-label={t('People with access')}>
          {people.map((person) => (
            <li key={person.username} class="toolbar person">
              <strong class="grow ellipsis">{person.username}</strong>
              <Select
                bare
                label={t('What {username} may do', { username: person.username })}
                value={person.rights}
                options={rightsFor(entry)}
                onChange={(wanted) => void change(person, wanted)}
              />
              <button
                type="button"
                class="button quiet icon-only"
                aria-label={t('Remove access of {username}', { username: person.username })}
                onClick={() => void take(person)}
              >
                <Icon name="close" />
              </button>
            </li>
          ))}
        </ul>
      )}
      <SubmitForm submit={t('Share')} busy={t('Sharing…')} onSubmit={give}>
        <div class="pair">
          <Field
            label={t('User name')}
            value={username}
            onInput={setUsername}
            autocomplete="off"
            suggestions={others ?? []}
            required
          />
          <Select label={t('This person')} value={rights} options={rightsFor(entry)} onChange={setRights} />
        </div>
      </SubmitForm>
    </section>
  );
}

/** Names to suggest: of everybody for an admin; else of those with whom something is shared in either direction. */
async function knownPeople(): Promise<string[]> {
  const me = user.value;
  if (me?.role === 'admin') {
    const { items } = await sharing.users();
    return items.filter(({ id, disabled }) => id !== me.id && !disabled).map(({ username }) => username);
  }
  const [given, received] = await Promise.all([sharing.given(), sharing.sharedWithMe()]);
  const names = [...given.items.map(({ username }) => username), ...received.items.map(({ owner }) => owner)];
  return [...new Set(names)].sort();
}
