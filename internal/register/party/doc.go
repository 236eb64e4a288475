// Package party is the register of who: organisations, people, experts and technicians, with their
// licences, qualifications and dates. Others know a party by its id and ask for the rest.
//
// Invariants:
//
//   - A party has one id for life. One that was merged into another stays as an alias: every
//     question about it is answered with the survivor, and a merge can be taken back.
//   - What is personal (telephone, address, identity number, birth, free words about a person) is
//     sealed at rest, masked in every answer but one that needs a permission of its own, and that one
//     leaves a record with its reason. No record of an act holds a personal value: records are for ever.
//   - Of a child under 14 nothing personal is kept without a guardian's consent (个人信息保护法
//     art. 31); where that consent is withdrawn what was kept goes at once.
//   - Erasing a person leaves a stub without a name, so that what others refer to holds. It is refused,
//     with every reason, while a law demands to keep.
//   - A licence runs, is suspended, revoked or cancelled; that it is over follows from its date and
//     is stored nowhere.
//   - Who may take part in something is judged in one place (Pool), by what stands in the register
//     on the day, and whoever may not is told why.
//
// Events out: party.changed, party.licence_expiring. Events in: none.
package party
