/* The hop handshake (core/wire/hop_handshake.h, core/crypto/hop_keys.h) against an intruder who owns
 * the network: an honest initiator A with two runs, an honest responder B with two runs, and M, who has
 * an identity of his own, sees everything, sends what he can build and keeps every signature he can
 * decrypt. Keys, signatures and hashes are perfect; a term is known or it is not.
 *
 * Ephemeral keys: 1, 2 of A's runs, 3, 4 of B's runs, 5 of M. M knows the secret of a pair (ei, er)
 * exactly when one of the two is 5.
 *
 * Checked at every acceptance, in every reachable state:
 *   A links to B    only if B answered with this very pair of ephemerals;
 *   B links to A    only if A finished with this very pair and took its peer for B.
 *
 * -DWEAK_ANSWER leaves the ephemerals out of what the responder signs, -DWEAK_FINISH leaves the
 * answer's identity out of what the initiator signs: with either, a run must be found that links wrongly
 * (tests/model/run expects it to).
 */
#define A 1
#define B 2
#define M 3
#define EM 5

#define KNOWS_PAIR(ei, er) ((ei) == EM || (er) == EM)

byte a_state[2];   /* 0 idle, 1 said hello, 2 linked */
byte a_peer[2], a_er[2];
byte b_state[2];   /* 0 idle, 1 answered, 2 linked */
byte b_ei[2], b_peer[2];

/* Signatures M holds in clear, by ephemerals: bit er of answer_sig[ei], and with whom A believed to be. */
bit answer_sig[6 * 6];
bit finish_sig[6 * 6 * 4];
/* Sealed proofs that went over the wire, to be replayed unopened. */
bit answer_sent[6 * 6];
bit finish_sent[6 * 6 * 4];

#define AT(ei, er) ((ei) * 6 + (er))
#define AT3(ei, er, who) (((ei) * 6 + (er)) * 4 + (who))

/* What a signature of B's answer must match to be believed for (ei, er). */
inline have_answer_signature(ei, er, ok) {
  ok = answer_sig[AT(ei, er)];
#ifdef WEAK_ANSWER
  /* Any answer signature of B does. */
  byte x_, y_;
  for (x_ : 1 .. 5) { for (y_ : 1 .. 5) { if :: answer_sig[AT(x_, y_)] -> ok = 1 :: else fi } }
#endif
}

inline a_accepts(r, er, who) {
  a_state[r] = 2; a_peer[r] = who; a_er[r] = er;
  finish_sent[AT3(r + 1, er, who)] = 1;
  if :: KNOWS_PAIR(r + 1, er) -> finish_sig[AT3(r + 1, er, who)] = 1 :: else fi;
  if
  :: who == B ->
     assert((b_state[0] > 0 && b_ei[0] == r + 1 && er == 3) ||
            (b_state[1] > 0 && b_ei[1] == r + 1 && er == 4))
  :: else
  fi
}

inline b_accepts(s, who) {
  b_state[s] = 2; b_peer[s] = who;
  if
  :: who == A ->
     assert((a_state[0] == 2 && b_ei[s] == 1 && a_er[0] == s + 3 && a_peer[0] == B) ||
            (a_state[1] == 2 && b_ei[s] == 2 && a_er[1] == s + 3 && a_peer[1] == B))
  :: else
  fi
}

active proctype network() {
  byte r, s, ei, er;
  bit ok;
  do
  /* A says hello in run r; its ephemeral is public. */
  :: d_step { a_state[0] == 0 -> a_state[0] = 1 }
  :: d_step { a_state[1] == 0 -> a_state[1] = 1 }

  /* B is handed a hello with any ephemeral that is known: A's or M's. */
  :: atomic {
       if :: s = 0 :: s = 1 fi;
       if :: ei = 1 :: ei = 2 :: ei = EM fi;
       if
       :: b_state[s] == 0 && (ei == EM || a_state[ei - 1] > 0) ->
          b_state[s] = 1; b_ei[s] = ei; er = s + 3;
          answer_sent[AT(ei, er)] = 1;
          if :: KNOWS_PAIR(ei, er) -> answer_sig[AT(ei, er)] = 1 :: else fi
       :: else
       fi
     }

  /* A's run r is handed an answer. */
  :: atomic {
       if :: r = 0 :: r = 1 fi;
       if :: er = 3 :: er = 4 :: er = EM fi;
       if
       :: a_state[r] == 1 ->
          ok = 0;
          if
          :: answer_sent[AT(r + 1, er)] -> a_accepts(r, er, B)           /* B's own, unopened */
          :: er == EM -> a_accepts(r, er, M)                             /* M in his own name */
          :: er == EM ->                                                 /* M in B's name */
             have_answer_signature(r + 1, er, ok);
             if :: ok -> a_accepts(r, er, B) :: else fi
          :: else
          fi
       :: else
       fi
     }

  /* B's run s is handed a finish for the pair it answered. */
  :: atomic {
       if :: s = 0 :: s = 1 fi;
       if
       :: b_state[s] == 1 ->
          ei = b_ei[s]; er = s + 3;
          if
          :: finish_sent[AT3(ei, er, B)] -> b_accepts(s, A)              /* A's own, unopened */
          :: ei == EM -> b_accepts(s, M)                                 /* M in his own name */
          :: ei == EM && finish_sig[AT3(ei, er, B)] -> b_accepts(s, A)   /* M in A's name */
#ifdef WEAK_FINISH
          /* The signature names no pair and no peer: any of A's that M can read does. */
          :: ei == EM && (finish_sig[AT3(1, EM, M)] || finish_sig[AT3(2, EM, M)]) -> b_accepts(s, A)
#endif
          :: else
          fi
       :: else
       fi
     }
  od
}
