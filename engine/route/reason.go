package route

// Reason is why a job cannot stand where it is wanted, or is served by nobody.
type Reason string

const (
	Pinned   Reason = "pinned"   // to another vehicle
	Skill    Reason = "skill"    // the vehicle lacks one
	Capacity Reason = "capacity" // more than the vehicle carries
	Late     Reason = "late"     // service would begin after its windows
	Shift    Reason = "shift"    // the vehicle would end after its shift
	Rested   Reason = "break"    // a break would begin after its window
	Position Reason = "position" // a job fixed to a position stands elsewhere
	Order    Reason = "order"    // pinned jobs would come in another order
	IsDone   Reason = "done"     // what is done or under way would change
	Reach    Reason = "reach"    // nobody who may serve it can be there in time, even with nothing else to do
	NoRoom   Reason = "no_room"  // everything else leaves no room
)

// Fault is one thing that is wrong with a route; Job is −1 where it is about none.
type Fault struct {
	Reason       Reason
	Vehicle, Job int
	By           float64 // how much too late or too much
}
