/* The protocol that keeps a post from appearing twice or never, for one post and two clients (cron and a terminal,
 * say): lease, arm, send, settle, reconcile. The network loses requests and answers and delays effects, clients die
 * anywhere, and the power may fail. What is checked: never two posts, "published" only where there is one, and every
 * run comes to an end (never_lost). run.sh also takes each part of the protocol away and wants spin to find the harm.
 *
 * The code: src/publish/run.c (ask, guarded_answered, begin_from), src/publish/journal_sqlite.c (journal_put),
 * settle_left_ms in src/publish/phase.c, and each adapter's `lost` phase. */

#define CRASHES 3         /* of all clients together; each may be a power cut */
#define LOSSES 3          /* requests that vanish on their way there, and looks that cannot tell */
#define NOBODY 0

mtype = { PLANNED, ARMED, UNKNOWN, PUBLISHED };

mtype journal = PLANNED;  /* what a process reads */
mtype disk = PLANNED;     /* what is left of it after a power cut */
byte holder = NOBODY;     /* of the lease: a living process */
byte under_way = 0;       /* requests that reached the platform and have no effect yet */
byte public = 0;          /* posts that can be seen; the platform never looks whether it had the same one before */
byte crashes = 0, losses = 0;

inline put(state)
{
    atomic {
        journal = state;
#ifndef NO_SYNC
        disk = state;     /* journal_put returns after the fsync */
#endif
        assert(state != PUBLISHED || public == 1)
    }
}

/* Being killed is possible between any two steps. */
#define MAY_DIE if :: crashes < CRASHES -> crashes++; goto died :: true fi

proctype client(byte me)
{
begin:
    MAY_DIE;
#if defined(NO_LEASE)
    skip;
#elif defined(TAKEOVER)
    holder = me;          /* "it has had its time" */
#else
    atomic { holder == NOBODY || journal == PUBLISHED -> if :: holder == NOBODY -> holder = me :: else fi }
#endif
    if                    /* read under the lease */
    :: journal == PUBLISHED -> goto leave
    :: journal == PLANNED -> goto send
    :: journal == ARMED || journal == UNKNOWN -> goto look
    fi;

send:
    MAY_DIE;
#ifndef NO_ARM
    put(ARMED);
#endif
    MAY_DIE;
    if                    /* one attempt */
    :: under_way++
    :: losses < LOSSES -> losses++
    fi;
    MAY_DIE;
    if
    :: public > 0 -> put(PUBLISHED); goto leave    /* the answer, after the effect */
    :: goto look                                   /* the answer is lost: a time-out, a 5xx, a page of a proxy */
    fi;

look:
    MAY_DIE;
#ifdef NO_RECONCILE
    goto send;
#endif
#ifndef NO_SETTLE
    under_way == 0;       /* the window is longer than any delay of an effect */
#endif
    MAY_DIE;
    if                    /* reads only */
    :: public > 0 -> put(PUBLISHED); goto leave
    :: public == 0 -> goto send                    /* certainly not there: the same request may be armed again */
    :: losses < LOSSES -> losses++; put(UNKNOWN); goto give_back    /* it cannot be told: the next resume looks again */
    fi;

give_back:
    MAY_DIE;
    atomic { if :: holder == me -> holder = NOBODY :: else fi }
    goto begin;

died:
    atomic {
        if :: holder == me -> holder = NOBODY :: else fi;    /* its process is gone, which everybody can see */
        if :: true :: journal = disk fi                      /* the power failed, too */
    }
    goto begin;

leave:
    atomic { if :: holder == me -> holder = NOBODY :: else fi }
}

active proctype platform()
{
end:
    do
    :: atomic { under_way > 0 -> under_way--; public++; assert(public <= 1) }
    od
}

init
{
    atomic { run client(1); run client(2) }
}

#ifdef NEVER_LOST
ltl never_lost { <> (disk == PUBLISHED && public == 1) }
#endif
