"""Whose fact is this? Aliases lead from identifiers to profiles; strangers become one person here.

An alias is one item: `profile_id`, `kind`, and for a weak identifier the claim
that holds. Merging is a protocol of idempotent steps, each one conditional
write, in an order that any replay completes:

1. freeze    the loser gets `merged_into`; nobody writes to it any more
2. absorb    the survivor takes its content over and lists it as absorbed
3. repoint   the loser's aliases lead to the survivor, those of the fact at hand last

Whoever meets a frozen profile completes 2 and 3 first. When an earlier claim
turns up for a weak identifier, the alias moves (`moved_from` until both
profiles are rebuilt from the log). Refuses to guess: a write that another
handler overtook raises `Contended` inside, and all is read again. The way back is an
`Identity Separated` fact: see docs/decisions/0011.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from chalicelib.aws.services import Services
from chalicelib.aws.table import Item, alias_key
from chalicelib.errors import Unavailable
from chalicelib.events import Event, IdentitySeparated
from chalicelib.profile import fold, log, replay, store
from chalicelib.profile.fold import Profile
from chalicelib.profile.identity import (
    UNLISTED,
    Claim,
    Identifier,
    canonical,
    claim_of,
    identifiers_of,
    split,
)

TRIES = 12


class Contended(Unavailable):
    """Another handler changed the same customer; read again."""


class Resolver:
    """Finds, makes, merges and moves aliases for one batch; remembers the profiles it read."""

    def __init__(self, services: Services, now: datetime) -> None:
        self._services = services
        self._now = now
        self._profiles: dict[str, Profile | None] = {}
        self.changes = 0
        """How many merges and moves were made; what was resolved before one may have changed hands."""

    def forget(self) -> None:
        """Read every profile anew."""
        self._profiles.clear()

    def read(self, profile_id: str) -> Profile | None:
        """The stored profile as last read in this batch: only `store.write` tells whether it still is so."""
        if profile_id not in self._profiles:
            self._profiles[profile_id] = store.read(self._services, profile_id)
        return self._profiles[profile_id]

    def resolve(self, event: Event) -> tuple[str, frozenset[str]]:
        """(profile id, identity keys of the fact that are this profile's). Raises Unavailable."""
        for _ in range(TRIES):
            try:
                return self._resolve(event)
            except Contended:
                self.forget()
        raise Unavailable(f"a customer's aliases changed under {TRIES} tries")

    def _resolve(self, event: Event) -> tuple[str, frozenset[str]]:
        if isinstance(event, IdentitySeparated):
            self._separate(event)
        leaders, others = split(identifiers_of(event))
        aliases = {each.key: self._alias(each.key) for each in (*leaders, *others)}
        leaders = [each for each in leaders if not _are_apart(aliases, each.key, event.partition)]
        others = [each for each in others if not any(_are_apart(aliases, each.key, one.key) for one in leaders)]
        roots = {key: self._root(key, alias) for key, alias in aliases.items() if alias and key in _keys(leaders)}
        target = self._target(leaders, aliases, set(roots.values()))
        for root in sorted(set(roots.values()) - {target}):
            self._merge(root, target, last=_keys(leaders))
        for each in leaders:
            self._point(each, target)
        owned = set(leaders)
        owned |= {each for each in others if self._claim(each, aliases[each.key], claim_of(event, leaders), target)}
        if not leaders[0].is_strong:
            # The identifier may have moved between reading its alias and its profile; after this it cannot
            # without changing the profile's version.
            self.read(target)
            if self._alias(leaders[0].key).get("profile_id") != target:
                raise Contended("an identifier moved")
        return target, frozenset(each.key for each in owned if each.kind not in UNLISTED)

    def _alias(self, key: str) -> Item:
        """The alias of an identity; an empty item when there is none."""
        return self._services.profiles.get(alias_key(key), consistent=True) or {}

    def _root(self, key: str, alias: Item) -> str:
        """The live profile the alias leads to, having completed whatever was left half done."""
        if "moved_from" in alias:
            self._finish_move(key, alias)
        root = self._live(alias["profile_id"])
        claim = Claim.from_alias(alias)
        if claim and root == key:  # claimed, and the crash came before the merge
            claimer = self._alias(claim.by)
            owner = self._root(claim.by, claimer) if claimer else root
            if owner != root:
                self._merge(root, owner, last={key})
                return owner
        return root

    def _live(self, profile_id: str) -> str:
        chain = []
        profile = self.read(profile_id)
        while profile and profile.merged_into:
            chain.append(profile)
            profile_id = profile.merged_into
            profile = self.read(profile_id)
        for frozen in reversed(chain):
            self._absorb(frozen, profile_id)
            self._repoint(frozen, profile_id, last=())
        return profile_id

    def _target(self, leaders: list[Identifier], aliases: dict[str, Item], roots: set[str]) -> str:
        """The id of the profile that all leaders shall have."""
        if len(roots) == 1 and all(aliases[each.key] and not _is_news(each, aliases[each.key]) for each in leaders):
            return next(iter(roots))
        candidates = [
            Identifier(aliases[each.key].get("kind", each.kind), each.key) if each.kind == "profile" else each
            for each in leaders
        ]
        candidates += [Identifier(self._alias(root).get("kind", "profile"), root) for root in roots - _keys(leaders)]
        return canonical(candidates).key

    def _point(self, each: Identifier, target: str) -> None:
        """Make the leader's alias lead to `target`, and remember the best kind told of it."""
        table, key = self._services.profiles, alias_key(each.key)
        alias = self._alias(each.key)
        if not alias:
            if not table.put_if_absent(key, {"profile_id": target, "kind": each.kind}):
                raise Contended("an alias appeared")
            return
        changes = {} if alias["profile_id"] == target else {"profile_id": target}
        if _is_news(each, alias):
            changes["kind"] = each.kind
        if changes and not table.update(key, set=changes, only_if={"profile_id": alias["profile_id"]}):
            raise Contended("an alias changed")

    def _claim(self, each: Identifier, alias: Item, claim: Claim, target: str) -> bool:
        """Let `target` claim a weak identifier; whether it is theirs now."""
        table, key = self._services.profiles, alias_key(each.key)
        if not alias:
            if not table.put_if_absent(key, {"profile_id": target, "kind": each.kind, **claim.attributes}):
                raise Contended("an alias appeared")
            return True
        root = self._root(each.key, alias)
        alias = self._alias(each.key)
        holding = Claim.from_alias(alias)
        if holding is None:
            if root not in (each.key, target):
                return False
            unclaimed = {"claim": None, "profile_id": alias["profile_id"]}
            if not table.update(key, set=claim.attributes, only_if=unclaimed):
                raise Contended("an alias was claimed")
            if root != target:
                self._merge(root, target, last={each.key})
            return True
        if claim >= holding:
            return root == target
        held = {"claim": holding.event_id, "profile_id": alias["profile_id"]}
        moved = {} if root == target else {"profile_id": target, "moved_from": root}
        if not table.update(key, set=claim.attributes | moved, only_if=held):
            raise Contended("an alias was claimed")
        if moved:
            self._finish_move(each.key, self._alias(each.key))
        return True

    def _merge(self, loser_id: str, survivor_id: str, *, last: Collection[str]) -> None:
        self.changes += 1
        loser = store.read(self._services, loser_id) or Profile(loser_id)
        if not loser.merged_into:
            loser.merged_into = survivor_id
            if not store.write(self._services, loser):
                raise Contended("a profile changed while it was frozen")
        self._profiles.pop(loser_id, None)
        self._absorb(loser, survivor_id)
        self._repoint(loser, survivor_id, last=last)

    def _absorb(self, loser: Profile, survivor_id: str) -> None:
        survivor = store.read(self._services, survivor_id) or Profile(survivor_id)
        if survivor.merged_into:
            raise Contended("the survivor was merged itself")
        if loser.profile_id not in survivor.absorbed:
            survivor.identities.add(survivor_id)
            if not fold.merge(survivor, loser):
                replay.refill(self._services, survivor, self._now)
            if not store.write(self._services, survivor):
                raise Contended("a profile changed while it absorbed another")
        self._profiles.pop(survivor_id, None)

    def _repoint(self, loser: Profile, survivor_id: str, *, last: Collection[str]) -> None:
        keys = loser.identities | {loser.profile_id}
        for key in sorted(keys, key=lambda each: (each in last, each)):
            self._services.profiles.update(
                alias_key(key), set={"profile_id": survivor_id}, only_if={"profile_id": loser.profile_id}
            )

    def _finish_move(self, key: str, alias: Item) -> None:
        """Give a weak identifier, all that it claimed, and their facts to the new owner; each step repeats safely."""
        self.changes += 1
        self.forget()
        origin, target = self._live(alias["moved_from"]), self._live(alias["profile_id"])
        moving = self._claimed_through(key)
        for each in sorted(moving):
            self._services.profiles.update(alias_key(each), set={"profile_id": target}, only_if={"kind": moving[each]})
            frozen = store.read(self._services, each)
            if frozen and each != target and frozen.merged_into != target:
                frozen.merged_into = target
                if not store.write(self._services, frozen):
                    raise Contended("a profile changed while it moved")
        listed = [each for each, kind in moving.items() if kind not in UNLISTED]
        if replay.rewrite(self._services, target, self._now, add=listed, absorb=moving) is None:
            raise Contended("the new owner changed")
        if origin != target and replay.rewrite(self._services, origin, self._now, remove=moving) is None:
            raise Contended("the old owner changed")
        self._services.profiles.update(
            alias_key(key), remove=["moved_from"], only_if={"moved_from": alias["moved_from"]}
        )
        self.forget()

    def _separate(self, event: IdentitySeparated) -> None:
        """Take the identifiers of the fact out of a person whose they are not, with what they claimed and their facts.

        Each alias remembers what it is apart from, so the facts that joined them join them no more, whichever is
        read first. A customer's own name is never taken away: the rest is separated from it instead.
        """
        moving = identifiers_of(event)
        target = canonical(moving).key
        for each in sorted(moving, key=lambda one: one.key != target):
            table, key, alias = self._services.profiles, alias_key(each.key), self._alias(each.key)
            apart = sorted({*alias.get("apart", ()), *event.apart} - _keys(moving))
            if not alias:
                if not table.put_if_absent(key, {"profile_id": each.key, "kind": each.kind, "apart": apart}):
                    raise Contended("an alias appeared")
                continue
            origin = self._root(each.key, alias)
            alias = self._alias(each.key)
            known = {"profile_id": alias["profile_id"]}
            held = self.read(origin)
            if origin in _keys(moving) or held is None or not held.identities & set(apart):
                if alias.get("apart") != apart and not table.update(key, set={"apart": apart}, only_if=known):
                    raise Contended("an alias changed")
                continue
            self._thaw(target)
            moved = {"profile_id": target, "moved_from": origin, "apart": apart}
            if not table.update(key, set=moved, remove=["claimed_at", "claim", "claimed_by"], only_if=known):
                raise Contended("an alias changed")
            self._finish_move(each.key, self._alias(each.key))

    def _thaw(self, profile_id: str) -> None:
        """Make a profile that was merged its own again; what it holds comes from the log."""
        frozen = store.read(self._services, profile_id)
        if frozen and frozen.merged_into:
            fresh = Profile(profile_id, version=frozen.version, identities={profile_id})
            if not store.write(self._services, fresh):
                raise Contended("a profile changed while it was separated")
        self.forget()

    def _claimed_through(self, key: str) -> dict[str, str]:
        """Identity key → kind of a weak identifier and of those that were claimed through it, in turn."""
        found = {key: self._alias(key)["kind"]}
        waiting = [key]
        while waiting:
            by = waiting.pop()
            named = {each for event in log.read(self._services, by, now=self._now) for each in identifiers_of(event)}
            for each in sorted(named):
                if each.key not in found and self._alias(each.key).get("claimed_by") == by:
                    found[each.key] = each.kind
                    waiting.append(each.key)
        return found


def _keys(found: list[Identifier]) -> set[str]:
    return {each.key for each in found}


def _are_apart(aliases: Mapping[str, Item], one: str, other: str) -> bool:
    """Whether an operator said that the two are not one person's."""
    return other in aliases.get(one, {}).get("apart", ()) or one in aliases.get(other, {}).get("apart", ())


def _is_news(each: Identifier, alias: Item) -> bool:
    """Whether the fact tells the kind of what was known by its profile id only."""
    return alias["kind"] == "profile" and each.kind != "profile"
