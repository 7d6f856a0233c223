-- What a session is restricted to follows from the rules in force and what its person has done; nothing is stored.
alter table sessions drop column restriction;
