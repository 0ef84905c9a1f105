"""One channel's own workers: what they wait for holds up nobody but this channel."""

import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from queue import SimpleQueue
from threading import Thread

from notifications.channels.answers import AnswerReason, answer, reason_of
from notifications.channels.bucket import Bucket
from notifications.channels.carried import weight
from notifications.channels.parcel import Answer, Channel, Parcel, SendingVerdict
from notifications.delivery.claim import SendingJob
from notifications.delivery.pace import Pace
from notifications.delivery.rendering import Renderer
from notifications.delivery.settle import UNWORDED, SendingResult

log = logging.getLogger("duixian.delivery")


class Sender:
    """The workers, the bounded hand and the bucket of one channel. The bookkeeper alone calls `room`, `give` and `stop`."""

    def __init__(
        self, channel: Channel, pace: Pace, results: "SimpleQueue[SendingResult]", sent: Iterable[datetime] = ()
    ) -> None:
        self.channel = channel
        self.in_hand = 0
        self._pace = pace
        self._results = results
        self._jobs: SimpleQueue[tuple[SendingJob, Parcel, str] | None] = SimpleQueue()
        self._bucket = Bucket(channel.per_minute, sent)
        self._workers: list[Thread] = []

    def room(self, now: datetime) -> int:
        """How many sendings it may be given now: none while its hand is more than half full, so that they are claimed in lots."""
        most = self._pace.width * self._pace.ahead
        free = most - self.in_hand
        if free * 2 < most or self._bucket.wait(now) > timedelta(0):
            return 0
        while free > 1 and self._bucket.wait(now, free) > timedelta(0):
            free -= 1
        return free

    def give(self, jobs: Iterable[SendingJob], renderer: Renderer, now: datetime) -> None:
        """Words sendings and hands them to the workers; what cannot be worded, or not this minute, has its answer already."""
        for job in jobs:
            worded = self._worded(job, renderer)
            if worded is None:
                continue
            job, parcel, wording = worded
            self.in_hand += 1
            parts = weight(self.channel, parcel)
            if self._bucket.take(now, parts):
                self._jobs.put((job, parcel, wording))
            else:
                wait = self._bucket.wait(now, parts).total_seconds()
                full = answer(AnswerReason.THROTTLED, "this minute's allowance is used up: not sent", retry_after=wait)
                self._results.put(SendingResult(job, full, wording))
        while len(self._workers) < min(self.in_hand, self._pace.width):
            thread = Thread(target=self._work, name=f"delivery {self.channel.name}", daemon=True)
            self._workers.append(thread)
            thread.start()

    def _worded(self, job: SendingJob, renderer: Renderer) -> tuple[SendingJob, Parcel, str] | None:
        """The parcel of a sending; what of a digest cannot be worded is taken out of it, and has its answer."""
        try:
            return (job, *renderer.parcel(job, self.channel))
        except Exception as fault:
            good = [piece for piece in job.pieces if renderer.words(replace(job, pieces=(piece,)), self.channel)]
            if len(good) == len(job.pieces):
                good = []  # it is the whole that breaks
            self._unworded(replace(job, pieces=tuple(piece for piece in job.pieces if piece not in good)), fault)
            return self._worded(replace(job, pieces=tuple(good)), renderer) if good else None

    def _unworded(self, job: SendingJob, fault: Exception) -> None:
        log.error("a message cannot be worded (%s)", job.key, exc_info=fault)
        self.in_hand += 1
        self._results.put(SendingResult(job, Answer(SendingVerdict.REFUSED, f"{UNWORDED}: {type(fault).__name__}")))

    def took(self, result: SendingResult, now: datetime) -> None:
        """A sending came to its answer; where the other side asked for rest, nothing is begun until then."""
        self.in_hand -= 1
        if reason_of(result.answer) is AnswerReason.THROTTLED and result.answer.retry_after:
            self._bucket.close(now, result.answer.retry_after)

    def stop(self) -> None:
        """Lets the workers end when they have done what is in hand."""
        for _ in self._workers:
            self._jobs.put(None)
        for worker in self._workers:
            worker.join()

    def _work(self) -> None:
        while (given := self._jobs.get()) is not None:
            self._results.put(self._carry(*given))

    def _carry(self, job: SendingJob, parcel: Parcel, wording: str) -> SendingResult:
        """One attempt. A rehearsal's never leaves the machine; a channel that raises may have sent."""
        if job.demo and not self.channel.local:
            return SendingResult(
                job, answer(AnswerReason.NOT_ALLOWED, "a rehearsal's messages never leave this machine"), wording
            )
        try:
            return SendingResult(job, self.channel.send(parcel, seconds=self._pace.limit), wording)
        except Exception as fault:
            log.exception("channel %s broke its promise not to raise", self.channel.name)
            return SendingResult(job, Answer(SendingVerdict.UNKNOWN, f"fault: {type(fault).__name__}"), wording)
